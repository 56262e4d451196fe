"""Tiny embryos through the whole stage: numbers that the tables bear out, the same every time."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.errors import InputError
from ivfgrade.texture.judged import NOTHING
from ivfgrade.texture.measure import Measured, measure
from ivfgrade.texture.params import MlpParams, TextureParams
from ivfgrade.texture.report import Setting, of_claims, summary, write_report
from tests.fragmentation.arrays import SCHEME, tiny_arrays
from tests.texture.drawn import BOOTSTRAP, MLP, PARAMS

SETTING = Setting(SCHEME, PARAMS, BOOTSTRAP, seed=0)
FACTS = {"data": "tiny", "data_digest": "0"}
FILES = ["embedding.csv", "lbp_mlp.png", "metrics.json", "per_image.csv", "tsne.png"]


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    """24 training images, 8 of validation, 8 of test; four weak ones and one without an outline.
    Their ratios are drawn out, so that every grade occurs in the test split, too."""
    arrays = tiny_arrays(paired=24, val=8)
    renamed = arrays.manifest.replace({"split": {"calibration": "test"}})
    renamed["patient"] = [f"p{row // 4}" for row in range(len(renamed))]
    ratio = renamed["ratio"]
    renamed["ratio"] = 0.02 + 0.7 * (ratio - ratio.min()) / (ratio.max() - ratio.min())
    return dataclasses.replace(arrays, manifest=renamed)


@pytest.fixture(scope="module")
def written(arrays, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("texture")
    write_report(arrays, SETTING, FACTS, out)
    return out


@pytest.fixture(scope="module")
def numbers(written) -> dict[str, Any]:
    return json.loads((written / "metrics.json").read_text())


def test_everything_is_written(written):
    assert sorted(path.name for path in written.iterdir()) == FILES


def test_images_are_counted(numbers):
    images = numbers["images"]
    assert (images["train"], images["val"], images["test"]) == (24, 8, 8)
    assert (images["measured"], images["left_out"]) == (40, 1)


def test_all_grades_are_tested(written):
    """Or the questions about the last one would have no answer."""
    table = pd.read_csv(written / "per_image.csv")
    assert set(table["grade"]) == set("ABCD")


def test_per_image_table_bears_out_the_numbers(written, numbers):
    table = pd.read_csv(written / "per_image.csv")
    assert len(table) == 8
    for name in ("lbp_mlp", "lbp_ridge", "glcm_mlp", "glcm_ridge"):
        found = numbers["regression"][name]
        error = (table[name] - table["ratio"]).abs()
        assert error.mean() == pytest.approx(found["mae"]["value"], abs=1e-5)
        right = SCHEME.grade_index(table[name]) == SCHEME.grade_index(table["ratio"])
        assert right.mean() == pytest.approx(found["grade_accuracy"]["value"])
    error = (table["constant"] - table["ratio"]).abs()
    constants = numbers["regression"]["constants"]
    assert error.mean() == pytest.approx(constants["mae_of_training"]["value"], abs=1e-5)
    difference = numbers["regression"]["mae_mlp_minus_ridge"]["lbp"]["value"]
    by_table = (table["lbp_mlp"] - table["ratio"]).abs() - (
        table["lbp_ridge"] - table["ratio"]
    ).abs()
    assert by_table.mean() == pytest.approx(difference, abs=1e-5)


def test_the_ledger_reads_what_the_claims_turn_on(written, numbers):
    """The pair that is told apart best, with the images of the grades that are asked about."""
    found, lbp = numbers["measured"], numbers["regression"]["lbp_mlp"]
    test = pd.read_csv(written / "per_image.csv")
    by_table = roc_auc_score(test["grade"] == "D", test["lbp_mlp"])
    assert found["lbp_auc_d"]["value"] == pytest.approx(by_table, abs=1e-5)
    pairs = [test[test["grade"].isin(list(pair))] for pair in ("AB", "AC", "BC")]
    aucs = [roc_auc_score(pair["grade"] == pair["grade"].max(), pair["lbp_mlp"]) for pair in pairs]
    assert found["lbp_auc_abc"]["value"] == pytest.approx(max(aucs), abs=1e-5)
    assert lbp["auc_of_two_grades"]["A-C"]["value"] == pytest.approx(aucs[1], abs=1e-5)
    every = pd.read_csv(written / "embedding.csv")["grade"].value_counts()
    assert found["glcm_auc_a_d"]["grades"] == {name: every[name] for name in "AD"}
    assert found["glcm_auc_a_d"]["images"] == every["A"] + every["D"]
    assert found["lbp_auc_d"]["images"] == sum(found["lbp_auc_d"]["grades"].values()) == 8
    assert found["lbp_auc_abc"]["images"] == (test["grade"] != "D").sum()
    patients = test.groupby("grade")["patient"].nunique().to_dict()
    assert found["lbp_auc_d"]["patients_by_grade"] == patients
    others = test.loc[test["grade"] != "D", "patient"].nunique()
    assert found["lbp_auc_d"]["patients_by_class"] == {"the others": others, "D": patients["D"]}


def of_aucs(neighbours: float | None, linear: float | None, **pairs: float | None) -> Any:
    """What the ledger is told, with these AUCs of the classifiers and of the pairs."""
    test = pd.DataFrame({"patient": list("pqqq"), "grade": list("ACDD")})
    named = {name.replace("_", "-"): {**NOTHING, "value": value} for name, value in pairs.items()}
    ways = {"neighbours": neighbours, "linear": linear}
    glcm: Any = {
        way: {"auc_last_against_first": {**NOTHING, "value": v}} for way, v in ways.items()
    }
    best = {**NOTHING, "value": 0.95}  # of the resamples, whose bounds are those of no single one
    lbp = {
        "auc_of_two_grades": named,
        "auc_of_best_pair_without_last": best,
        "auc_last_against_others": NOTHING,
    }
    glcm["best_auc_last_against_first"] = best
    numbers = {"separation": {"glcm": glcm}, "regression": {"lbp_mlp": lbp}}
    return of_claims(numbers, Measured(test, {}, 0), test, SCHEME.names)


def test_an_inability_is_judged_by_the_best_that_was_tried():
    found = of_aucs(0.6, 0.9, A_B=0.7, A_C=0.8, B_C=0.4, C_D=1.0)
    glcm, lbp = found["glcm_auc_a_d"], found["lbp_auc_abc"]
    assert (glcm["value"], glcm["by"]) == (0.95, "linear classifier")
    assert (glcm["images"], glcm["patients"], glcm["grades"]) == (3, 2, {"A": 1, "D": 2})
    assert (lbp["value"], lbp["by"]) == (0.95, "perceptron, best at A and C")
    assert (lbp["images"], lbp["patients"]) == (2, 2)
    assert lbp["grades"] == {"A": 1, "B": 0, "C": 1}
    assert lbp["patients_by_class"] == lbp["patients_by_grade"] == {"A": 1, "B": 0, "C": 1}


def test_many_images_of_one_patient_are_one_patient():
    found = of_aucs(0.6, 0.9, A_B=0.7, A_C=0.8, B_C=0.4)["lbp_auc_d"]
    assert (found["images"], found["patients"]) == (4, 2)
    assert found["grades"] == {"A": 1, "B": 0, "C": 1, "D": 2}
    assert found["patients_by_grade"] == {"A": 1, "B": 0, "C": 1, "D": 1}
    assert found["patients_by_class"] == {"the others": 2, "D": 1}


def test_what_is_not_known_is_never_the_best():
    found = of_aucs(0.1, None, A_B=None, A_C=None, B_C=0.1, C_D=0.9)
    assert found["glcm_auc_a_d"]["by"] == "neighbours classifier"
    assert found["lbp_auc_abc"]["by"] == "perceptron, best at B and C"


def test_embedding_table_bears_out_the_numbers(written, numbers):
    table = pd.read_csv(written / "embedding.csv")
    assert len(table) == 40
    for kind in ("glcm", "lbp"):
        found = numbers["separation"][kind]["linear"]
        right = table[f"{kind}_linear_grade"] == table["grade"]
        assert right.mean() == pytest.approx(found["grade_accuracy"]["value"])
        two = table[table["grade"].isin(["A", "D"])]
        aucs = {
            way: roc_auc_score(two["grade"] == "D", two[f"{kind}_{way}_share_last"])
            for way in ("neighbours", "linear")
        }
        assert aucs["linear"] == pytest.approx(found["auc_last_against_first"]["value"], abs=1e-5)
        best = numbers["separation"][kind]["best_auc_last_against_first"]
        assert best["value"] == pytest.approx(max(aucs.values()), abs=1e-5)


def test_bright_fragments_on_a_bright_disc_can_be_learnt(numbers):
    """The drawing differs from image to image in nothing but its fragment."""
    assert numbers["regression"]["glcm_ridge"]["mae_relative_to_best_constant"]["value"] < 0.5


def test_again_and_with_more_threads_gives_the_same_bytes(arrays, written, tmp_path):
    with threadpool_limits(2):
        write_report(arrays, SETTING, FACTS, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes(), name


def test_what_lies_outside_the_embryo_is_not_seen(arrays):
    kept = arrays.masks[..., 1:] > 0
    noise = np.random.default_rng(0).integers(0, 255, arrays.images.shape, np.uint8)
    other = dataclasses.replace(arrays, images=np.where(kept, arrays.images, noise))
    for kind, features in measure(arrays, SCHEME, PARAMS).features.items():
        assert (measure(other, SCHEME, PARAMS).features[kind] == features).all()


def test_padding_is_no_part_of_the_embryo(arrays):
    """Even where an outline reaches over it."""
    reaching = arrays.masks.copy()
    reaching[0, ..., 1] = 1
    inner = arrays.masks.copy()
    inner[0, ..., 1] = arrays.valid(0)
    found, expected = (
        measure(dataclasses.replace(arrays, masks=masks), SCHEME, PARAMS).features["glcm"][0]
        for masks in (reaching, inner)
    )
    assert (found == expected).all()


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_missing_split_is_named(arrays, split, tmp_path):
    lacking = arrays.manifest.replace({"split": {split: "none"}})
    with pytest.raises(InputError, match=f"split {split} has no image"):
        write_report(dataclasses.replace(arrays, manifest=lacking), SETTING, FACTS, tmp_path)


def test_the_summary_names_what_stands_beside_the_constant(numbers):
    lines = summary(numbers).splitlines()
    assert lines[0] == "texture of 40 embryos of 11 patients"
    assert [line.split()[0] for line in lines[-4:]] == [
        "glcm_mlp",
        "glcm_ridge",
        "lbp_mlp",
        "lbp_ridge",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"grey_levels": 1},
        {"grey_levels": 256},
        {"glcm_distances_px": ()},
        {"glcm_distances_px": (1, 1)},
        {"lbp_radii_px": (0,)},
        {"neighbours": 0},
        {"perplexity": 0.0},
        {"ridge_penalties": ()},
        {"ridge_penalties": (0.0,)},
    ],
)
def test_odd_values_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TextureParams(**{**vars(PARAMS), **wrong})


@pytest.mark.parametrize(
    "wrong",
    [{"hidden": ()}, {"penalties": (-1.0,)}, {"learning_rate": 0.0}, {"epochs": 0}, {"batch": 0}],
)
def test_odd_values_of_the_perceptron_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MlpParams(**{**vars(MLP), **wrong})
