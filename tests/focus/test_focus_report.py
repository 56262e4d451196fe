"""From the network to the files of a row, and numbers that can be had again from its table."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ivfgrade.evaluation.bootstrap import Bootstrap, Interval
from ivfgrade.focus.figures import dot_plot
from ivfgrade.focus.maps import MAPS
from ivfgrade.focus.measure import Look, look, with_fragments
from ivfgrade.focus.params import FocusParams
from ivfgrade.focus.report import as_bytes, write_focus
from ivfgrade.focus.summary import difference, summarise, sums, verdict
from ivfgrade.heat_words import CHANGES, STAYS, UNCERTAIN
from ivfgrade.params import load_params
from tests.focus.conftest import CPU, PARAMS, embryos, fresh

BOOTSTRAP = Bootstrap(samples=50, confidence=0.9, seed=0)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("focus") / "B2"
    return write(3, out), out


def write(seed: int, out: Path) -> dict[str, Look]:
    arrays = embryos()
    indices = with_fragments(arrays)
    looks = look(fresh(), arrays, indices, PARAMS, CPU, seed)
    write_focus(looks, arrays, indices, PARAMS, BOOTSTRAP, "B2", out)
    return looks


def test_the_numbers_follow_from_the_table(written):
    _, out = written
    numbers = json.loads((out / "metrics.json").read_text())
    table = pd.read_csv(out / "per_image.csv")
    for kind in MAPS:
        images = table[table["map"] == kind]
        found = numbers[kind]
        again = images["energy_fragment"].sum() / images["share_fragment"].sum()
        assert found["concentration"]["value"] == pytest.approx(again, rel=1e-4)
        assert found["images"] == len(images)
        assert sum(part["value"] for part in found["energy"].values()) == pytest.approx(1, abs=1e-5)
        area = images["share_fragment"].mean()
        assert found["area"]["fragment"]["value"] == pytest.approx(area, abs=1e-6)
        control = found["control"]["layer1"]
        redrawn = images["energy_fragment_layer1"].sum() / images["share_fragment"].sum()
        gain = control["gain"]["concentration"]["value"]
        assert gain == pytest.approx(again - redrawn, abs=1e-4)
        assert control["rank_correlation"]["value"] == pytest.approx(
            images["rank_correlation_layer1"].mean(), abs=1e-4
        )
    assert numbers["grid"] == [16, 16]


def test_each_draw_of_a_control_has_its_own_concentration(written):
    looks, out = written
    found = json.loads((out / "metrics.json").read_text())["gradcam_pp"]["control"]["layer1"]
    area = looks["gradcam_pp"].images["share_fragment"].sum()
    draws = looks["gradcam_pp"].draws["layer1"]
    expected = [draw["energy_fragment"].sum() / area for draw in draws]
    assert found["by_draw"]["concentration"] == pytest.approx(expected)
    assert len(set(expected)) == PARAMS.draws
    assert found["concentration"]["value"] == pytest.approx(np.mean(expected))


def control_of(seen: Look, correlations: Sequence[float]) -> dict[str, Any]:
    """Of as many random networks, with that rank correlation on every image."""
    draws = [seen.draws["head"][0].assign(rank_correlation=each) for each in correlations]
    return summarise(replace(seen, draws={"head": draws}), 0.6, BOOTSTRAP)["control"]["head"]


def test_draws_that_differ_widen_the_interval(written):
    """Of six random networks three draw the same map and three another: no verdict."""
    mixed = [0.95, 0.05] * 3
    control = control_of(written[0]["gradcam_pp"], mixed)
    assert control["by_draw"]["rank_correlation"] == mixed
    assert control["rank_correlation"]["value"] == 0.5
    assert control["rank_correlation"]["low"] < 0.4 < 0.6 < control["rank_correlation"]["high"]
    assert (control["verdict"], control["why"]) == (UNCERTAIN, "")


@pytest.mark.parametrize(("correlation", "answer"), [(0.05, CHANGES), (0.95, STAYS)])
def test_draws_decide_only_if_they_are_too_many_to_agree_by_chance(written, correlation, answer):
    seen, least = written[0]["gradcam_pp"], BOOTSTRAP.fewest_draws
    enough = control_of(seen, [correlation] * least)
    assert (enough["verdict"], enough["why"]) == (answer, "")
    fewer = control_of(seen, [correlation] * (least - 1))
    assert fewer["rank_correlation"] == enough["rank_correlation"]
    why = f"only {least - 1} of at least {least} redrawn networks; fewer can agree by chance"
    assert (fewer["verdict"], fewer["why"]) == (UNCERTAIN, why)
    flat = control_of(seen, [correlation] * (least - 1) + [np.nan])  # one without a map
    assert (flat["verdict"], flat["why"]) == (UNCERTAIN, why)


def test_patients_of_whom_too_few_have_a_map_decide_nothing(written):
    seen, least = written[0]["gradcam_pp"], BOOTSTRAP.fewest_patients
    alone = replace(seen, images=seen.images.assign(patient="p"))
    control = control_of(alone, [0.05] * least)
    assert control["verdict"] == UNCERTAIN
    assert control["why"] == f"only 1 of at least {least} patients; fewer can agree by chance"
    both = control_of(alone, [0.05])["why"]
    assert f"1 of at least {least} redrawn networks and 1 of at least {least} patients" in both


def test_the_project_draws_enough_networks_to_decide():
    params = load_params(Path(__file__).resolve().parents[2] / "params.yaml")
    judged = Bootstrap(1, params.evaluate.confidence, params.seed)
    assert params.focus.draws >= judged.fewest_draws


def test_maps_are_kept_as_bytes_in_the_order_of_the_table(written):
    looks, out = written
    kept = np.load(out / "heat.npz")
    table = pd.read_csv(out / "per_image.csv")
    assert kept["images"].tolist() == table["image"][: len(kept["images"])].tolist()
    for kind, seen in looks.items():
        top = seen.heat.max((1, 2), keepdims=True)
        np.testing.assert_allclose(kept[kind] / 255, seen.heat / top, atol=0.002)
        assert kept[f"{kind}_head"].shape == seen.heat.shape
    assert (as_bytes(np.zeros((1, 2, 2))) == 0).all()
    assert (out / "panels.png").stat().st_size > 0


def test_a_seed_gives_the_same_files(seen, arrays, written, tmp_path):
    write(3, tmp_path / "B2")
    for name in ("metrics.json", "per_image.csv", "panels.png"):
        assert (tmp_path / "B2" / name).read_bytes() == (written[1] / name).read_bytes(), name
    indices, looks = with_fragments(arrays), written[0]
    other = look(seen, arrays, indices, PARAMS, CPU, seed=4)["gradcam_pp"].images
    same = looks["gradcam_pp"].images
    assert other["energy_fragment"].equals(same["energy_fragment"])
    assert not other["energy_fragment_layer1"].equals(same["energy_fragment_layer1"])


def test_a_difference_needs_both_sides_of_an_image(written):
    images = written[0]["gradcam_pp"].images
    first, second = sums(images, "concentration"), sums(images, "concentration", "head")
    patients = images["patient"].to_numpy()
    second[0] = np.nan
    found = difference(first, second, patients, BOOTSTRAP)
    ratios = [rows[1:, 0].sum() / rows[1:, 1].sum() for rows in (first, second)]
    assert found.value == pytest.approx(ratios[0] - ratios[1])


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 0.4, CHANGES),
        (0.6, 0.9, STAYS),
        (0.4, 0.6, UNCERTAIN),
        (np.nan, np.nan, UNCERTAIN),
    ],
)
def test_a_map_that_does_not_change_fails(low, high, words):
    assert verdict(Interval((low + high) / 2, low, high), 0.5) == words


def test_a_question_without_an_answer_has_no_dot(written, tmp_path):
    numbers = json.loads((written[1] / "metrics.json").read_text())["gradcam_pp"]
    nothing = {"value": None, "low": None, "high": None}
    dot_plot({"B2": numbers, "C": {**numbers, "concentration": nothing}}, "t", tmp_path / "d.png")
    assert (tmp_path / "d.png").stat().st_size > 0


def test_values_that_make_no_sense_are_refused():
    assert isinstance(replace(PARAMS, images=4), FocusParams)
    for wrong in ({"randomised": ()}, {"randomised": ("head", "head")}, {"same_map": 1.0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            replace(PARAMS, **wrong)
    for name in ("draws", "images", "panel_images"):
        with pytest.raises(ValueError, match="must be positive"):
            replace(PARAMS, **{name: 0})
