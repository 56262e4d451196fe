"""The report on drawn embryos and an untrained network: what lands on disk, and is it true."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from ivfgrade.errors import InputError
from ivfgrade.evaluation.attention import gate_maps, spread_over_ratios
from ivfgrade.evaluation.contact_sheet import choose
from ivfgrade.evaluation.phases import frozen_tensors
from ivfgrade.evaluation.report import table, write_report
from ivfgrade.evaluation.trial import Folders, Setting, hold_trial
from ivfgrade.fragmentation.calibration import IDENTITY, save_calibration
from ivfgrade.fragmentation.model import build
from ivfgrade.fragmentation.spec import model_spec
from ivfgrade.fragmentation.stored import store
from ivfgrade.training.loop import write_history
from ivfgrade.training.precision import Compute
from tests.evaluation.drawn import PARAMS, REGRESSOR, SCHEME, SEGMENTER, drawn_arrays

CPU = Compute(torch.device("cpu"), torch.float32)
SETTING = Setting(SCHEME, "fused", 0.5, replace(PARAMS, bootstrap_samples=50), CPU, seed=0)
HISTORY = [{"epoch": 0.0, "lr": 0.1, "train_loss": 0.9, "val_dice": 0.1, "val_mae": 0.2}]
PICTURES = {"learning_curves", "bland_altman", "confusion_matrix", "calibration"} | {
    "contact_sheet",
    "attention",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory, network) -> Folders:
    root = tmp_path_factory.mktemp("report")
    folders = Folders(root / "data", root / "model", root / "phase_1")
    arrays = drawn_arrays()
    folders.data.mkdir()
    np.save(folders.data / "images.npy", arrays.images)
    np.save(folders.data / "masks.npy", arrays.masks)
    arrays.manifest.assign(has_fragment=1, sha256="").to_csv(folders.data / "manifest.csv")
    (folders.data / "summary.json").write_text('{"data_digest": "d"}')
    weights = network.state_dict()
    segmenter = build(model_spec(SEGMENTER)).state_dict()
    store(folders.phase_1, {name: weights[name] for name in segmenter}, model_spec(SEGMENTER))
    store(folders.model, weights, model_spec(SEGMENTER, REGRESSOR))
    save_calibration(folders.model, replace(IDENTITY, weight_direct=0.5, weight_soft=0.5))
    for folder in (folders.model, folders.phase_1):
        write_history(folder / "history.csv", HISTORY)
    return folders


@pytest.fixture(scope="module")
def reports(folders, tmp_path_factory):
    """The same trial, reported twice."""
    trial = hold_trial(folders, SETTING)
    outs = [tmp_path_factory.mktemp(f"out{i}") for i in range(2)]
    return outs, [write_report(trial, "synthetic", out) for out in outs]


def test_everything_is_written_and_twice_the_same(reports):
    (one, other), _ = reports
    names = {path.name for path in one.iterdir()}
    tables = {"per_image.csv", "fragments.csv", "confusion.csv", "scatter.csv"}
    curves = {"learning_phase_1.csv", "learning_phase_2.csv"}
    pictures = {f"{name}.png" for name in PICTURES}
    numbers = {"metrics.json", "headline.json", "details.json"}
    assert names == numbers | tables | curves | pictures
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_pictures_carry_no_trace_of_time_or_software(reports):
    for name in PICTURES:
        with Image.open(reports[0][0] / f"{name}.png") as picture:
            assert set(picture.info) <= {"dpi"}
            assert min(picture.size) > 300


def test_metrics_say_what_they_were_measured_on(reports):
    (out, _), (numbers, _) = reports
    assert json.loads((out / "metrics.json").read_text()) == json.loads(json.dumps(numbers))
    assert numbers["test"] | {"images": 6, "paired": 5, "patients": 3} == numbers["test"]
    assert numbers["test"]["data"] == "synthetic"
    assert "without fragments has no Dice" in numbers["rules"][0]


def test_headline_is_flat(reports):
    (out, _), (numbers, _) = reports
    headline = json.loads((out / "headline.json").read_text())
    assert all(isinstance(value, float | None) for value in headline.values())
    assert headline["dice"] == numbers["dice"]["value"]
    assert len(headline) < 16


def test_per_image_table_gives_the_headline_again(reports):
    (out, _), (numbers, _) = reports
    images = pd.read_csv(out / "per_image.csv")
    assert len(images) == 6
    for number, column in (("dice", "dice"), ("mae_fused", "error_fused")):
        assert numbers[number]["value"] == pytest.approx(images[column].mean(), abs=1e-5)


def test_an_untouched_phase_1_is_seen_as_such(reports):
    phase_2 = reports[1][0]["phase_2"]
    assert phase_2["frozen_tensors_changed"] == 0
    assert phase_2["frozen_tensors"] > 300
    assert phase_2["shuffled_v_reg"]["soft_ratio_change"] > 0
    # the injection is alive, so the outlines may differ, and the difference is stated
    gap = phase_2["dice_phase_2"]["value"] - phase_2["dice_phase_1"]["value"]
    assert phase_2["dice_change"]["value"] == pytest.approx(gap, abs=1e-5)


def test_one_changed_norm_statistic_is_noticed(folders, network, tmp_path):
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    weights["backbone.bn1.running_mean"][3] += 1e-7
    del weights["classifier.bias"]
    store(tmp_path, weights, model_spec(SEGMENTER, REGRESSOR))
    frozen = frozen_tensors(folders.phase_1, tmp_path)
    assert frozen["frozen_tensors_changed"] == 2
    assert frozen["changed_names"] == "classifier.bias, backbone.bn1.running_mean"


def test_printed_table_has_intervals_and_baselines(reports):
    text = table(reports[1][0])
    assert "6 test images (5 with masks) of 3 patients of synthetic" in text
    assert "best constant" in text
    assert "0 of" in text
    assert "embryologists among themselves" in text


def test_no_test_image_is_one_clear_sentence(folders, tmp_path):
    arrays = drawn_arrays()
    np.save(tmp_path / "images.npy", arrays.images)
    np.save(tmp_path / "masks.npy", arrays.masks)
    manifest = arrays.manifest.assign(has_fragment=1, split="train")
    manifest.to_csv(tmp_path / "manifest.csv")
    with pytest.raises(InputError, match="no labelled image in its test split"):
        hold_trial(replace(folders, data=tmp_path), SETTING)


def test_contact_sheet_shows_both_ends():
    images = pd.DataFrame(
        {"dice": [0.5, np.nan, 0.9, 0.1, 0.7], "error_reported": [0.1, 0.9, 0.0, 0.2, 0.3]}
    )
    rows = choose(images, 2)
    assert rows["best Dice"].tolist() == [2, 4]
    assert rows["worst Dice"].tolist() == [3, 0]
    assert rows["largest ratio error"].tolist() == [4, 3]
    assert choose(images[1:2], 2) == {}


def test_gate_maps_are_of_the_gate(network, arrays):
    alpha = gate_maps(network, arrays, np.arange(2), CPU)
    assert alpha.shape[0] == 2
    assert 0 <= alpha.min() < alpha.max() <= 1
    plain = build(model_spec(replace(SEGMENTER, gate="none"))).eval()
    assert gate_maps(plain, arrays, np.arange(2), CPU) is None


def test_attention_is_shown_from_least_to_most_fragmented():
    images = pd.DataFrame({"ratio": [0.4, 0.1, 0.3, 0.2, 0.9], "dice": [1, 1, 1, 1, np.nan]})
    assert spread_over_ratios(images, 2).tolist() == [1, 0]
    assert spread_over_ratios(images, 9).tolist() == [1, 3, 2, 0]


def test_a_test_set_of_grades_only_still_gets_its_report(folders, tmp_path):
    arrays = drawn_arrays()
    data = tmp_path / "data"
    data.mkdir()
    np.save(data / "images.npy", arrays.images)
    np.save(data / "masks.npy", arrays.masks)
    masked = (arrays.manifest["split"] == "test") & (arrays.manifest["supervision"] == "paired")
    manifest = arrays.manifest.assign(has_fragment=1)
    manifest.loc[masked, "split"] = "train"
    manifest.to_csv(data / "manifest.csv")
    (data / "summary.json").write_text('{"data_digest": "d"}')
    trial = hold_trial(replace(folders, data=data), SETTING)
    numbers = write_report(trial, "mine", tmp_path / "out")
    assert numbers["dice"]["value"] is None
    assert numbers["weak"]["images"] == 1
    assert (tmp_path / "out" / "contact_sheet.png").exists()
    assert "1 test images (0 with masks)" in table(numbers)
