"""The report on drawn embryos and an untrained network: what lands on disk, and is it true."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from ivfgrade.dataset.arrays import load_arrays
from ivfgrade.errors import InputError
from ivfgrade.evaluation.phases import frozen_tensors
from ivfgrade.evaluation.report import metrics, seen_in_training, table, write_report
from ivfgrade.evaluation.summary import Summary
from ivfgrade.evaluation.trial import Folders, Setting, hold_trial
from ivfgrade.fragmentation.calibration import IDENTITY, save_calibration, tune_threshold
from ivfgrade.fragmentation.model import build
from ivfgrade.fragmentation.spec import model_spec
from ivfgrade.fragmentation.stored import load, store
from ivfgrade.training.loop import write_history
from ivfgrade.training.precision import Compute
from tests.dag import graph
from tests.evaluation.drawn import PARAMS, REGRESSOR, SCHEME, SEGMENTER, drawn_arrays

CPU = Compute(torch.device("cpu"), torch.float32)
SETTING = Setting(SCHEME, "fused", 0.5, replace(PARAMS, bootstrap_samples=50), CPU, seed=0)
VALIDATION = {"val_dice": 0.1, "val_tuned_dice": 0.2, "val_mae": 0.2}
HISTORY = [{"epoch": 0.0, "lr": 0.1, "train_loss": 0.9, **VALIDATION}]
PICTURES = {"learning_curves", "bland_altman", "confusion_matrix", "calibration"} | {
    "clinical_confusion",
    "contact_sheet",
    "attention",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory, network) -> Folders:
    root = tmp_path_factory.mktemp("report")
    folders = Folders(root / "data", root / "model", root / "data", root / "phase_1")
    arrays = drawn_arrays()
    folders.data.mkdir()
    np.save(folders.data / "images.npy", arrays.images)
    np.save(folders.data / "masks.npy", arrays.masks)
    arrays.manifest.assign(has_fragment=1).to_csv(folders.data / "manifest.csv")
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


def test_a_folder_with_grades_alone_is_told_and_drawn_by_them(folders, tmp_path):
    """Nothing is drawn of what is not there, and the phases are none of its business."""
    manifest = drawn_arrays().manifest
    weak = manifest.assign(supervision="weak", grade="B", ratio=np.nan, ratio_source="")
    rewritten(tmp_path / "data", weak)
    trial = hold_trial(
        Folders(tmp_path / "data", folders.model, folders.data, phase_1=None), SETTING
    )
    numbers = write_report(trial, "clinic", tmp_path / "out")
    pictures = {path.stem for path in (tmp_path / "out").glob("*.png")}
    assert pictures == {"clinical_confusion", "contact_sheet"}
    assert "phase_2" not in numbers
    text = table(numbers)
    share = numbers["weak"]["grade_accuracy"]["value"]
    assert f"6 images with a person's grade alone: same grade {share:.3f} (" in text
    assert "phase 2" not in text
    assert "mae_reported" not in text  # nothing is known of it


def test_pictures_carry_no_trace_of_time_or_software(reports):
    for name in PICTURES:
        with Image.open(reports[0][0] / f"{name}.png") as picture:
            assert set(picture.info) <= {"dpi"}
            assert min(picture.size) > 300


def test_dvc_plots_has_every_picture_and_the_columns_that_it_names(reports):
    plots = graph.load("dvc.yaml")["plots"]
    pictures = {Path(plot).stem for plot in plots if isinstance(plot, str)}
    assert pictures == PICTURES
    for (plot,) in (plot.values() for plot in plots if isinstance(plot, dict)):
        ((file, columns),) = plot["y"].items()
        known = pd.read_csv(reports[0][0] / Path(file).name).columns
        assert {plot["x"], *np.atleast_1d(columns)} <= set(known), file


def test_metrics_say_what_they_were_measured_on(reports):
    (out, _), (numbers, _) = reports
    assert json.loads((out / "metrics.json").read_text()) == json.loads(json.dumps(numbers))
    counts = {"images": 6, "patients": 3, "paired": 5, "paired_patients": 3}
    assert numbers["test"] | counts == numbers["test"]
    assert numbers["test"]["data"] == "synthetic"
    assert "without fragments has no Dice" in numbers["rules"][0]


def test_images_that_the_model_has_seen_are_counted(folders, reports, tmp_path):
    assert reports[1][0]["test"]["seen_in_training"] == 0
    elsewhere = drawn_arrays().manifest.assign(split="test")
    rewritten(tmp_path / "elsewhere", elsewhere)
    trial = hold_trial(replace(folders, data=tmp_path / "elsewhere"), SETTING)
    assert seen_in_training(trial) == 3  # of nine, those that `folders` has in its train split


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
    assert "6 test images of 3 patients of synthetic" in text
    assert "with masks: 5 images of 3 patients" in text
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


def rewritten(folder, manifest) -> None:
    """The drawn arrays in `folder`, under another manifest."""
    arrays = drawn_arrays()
    folder.mkdir()
    np.save(folder / "images.npy", arrays.images)
    np.save(folder / "masks.npy", arrays.masks)
    manifest.assign(has_fragment=1).to_csv(folder / "manifest.csv")
    (folder / "summary.json").write_text('{"data_digest": "d"}')


def test_a_test_set_of_grades_only_still_gets_its_report(folders, tmp_path):
    manifest = drawn_arrays().manifest
    masked = (manifest["split"] == "test") & (manifest["supervision"] == "paired")
    manifest.loc[masked, "split"] = "train"
    rewritten(tmp_path / "data", manifest)
    trial = hold_trial(replace(folders, data=tmp_path / "data"), SETTING)
    numbers = write_report(trial, "mine", tmp_path / "out")
    assert numbers["dice"]["value"] is None
    assert numbers["weak"]["images"] == 1
    assert (tmp_path / "out" / "contact_sheet.png").exists()
    text = table(numbers)
    assert "1 test images of 1 patients" in text
    assert "with masks: 0 images of 0 patients" in text


def test_patients_without_masks_are_not_counted_among_those_with(folders, tmp_path):
    manifest = drawn_arrays().manifest
    manifest.loc[manifest["patient"] == "p2", "supervision"] = "ratio"
    rewritten(tmp_path / "data", manifest)
    trial = hold_trial(replace(folders, data=tmp_path / "data"), SETTING)
    text = table(write_report(trial, "mine", tmp_path / "out"))
    assert "6 test images of 3 patients of mine, with masks: 3 images of 2 patients" in text


@pytest.fixture
def chosen_by_validation(folders):
    """A trial whose final model got its mask threshold, 0.35, from validation."""
    trial = hold_trial(folders, replace(SETTING, mask_threshold=None))
    calibration = replace(trial.grader.calibration, mask_threshold=0.35)
    return replace(trial, grader=replace(trial.grader, calibration=calibration))


def phase_1_threshold(trial) -> float:
    summary = Summary(trial.images, SCHEME, SETTING.params, seed=0)
    return metrics(trial, summary, "mine")["phase_2"]["mask_threshold_phase_1"]


def test_phase_1_borrows_the_threshold_where_no_validation_image_has_a_mask(chosen_by_validation):
    assert phase_1_threshold(chosen_by_validation) == 0.35


def test_phase_1_is_read_at_its_own_threshold_where_validation_has_masks(
    chosen_by_validation, tmp_path
):
    """The validation images of the training: a folder that is only measured has none."""
    manifest = drawn_arrays().manifest
    rewritten(tmp_path / "trained_on", manifest.replace({"split": {"train": "val"}}))
    folders = replace(chosen_by_validation.folders, trained_on=tmp_path / "trained_on")
    trial = replace(chosen_by_validation, folders=folders)
    segmenter, _ = load(folders.phase_1)
    own = tune_threshold(segmenter, load_arrays(folders.trained_on), CPU)
    assert own != 0.35
    assert phase_1_threshold(trial) == own
    given = replace(trial, setting=SETTING)
    assert phase_1_threshold(given) == SETTING.mask_threshold
