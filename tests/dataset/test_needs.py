"""What a check refuses because a later stage would: a split that lacks what the stage needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivfgrade.dataset.build import BuildParams, build_arrays
from ivfgrade.dataset.check import Report, check
from ivfgrade.dataset.contract import read_contract
from ivfgrade.dataset.duplicates import Twins
from ivfgrade.dataset.split import assign_splits
from ivfgrade.errors import InputError
from tests.dataset.conftest import HEIGHT, SCHEME, SPLIT, WIDTH, Folder

NOTHING = np.zeros((HEIGHT, WIDTH), np.uint8)


def checked(folder: Folder) -> Report:
    return check(folder.root, SCHEME, SPLIT, seed=0, workers=1)


def problems(folder: Folder) -> list[str]:
    return [str(problem) for problem in checked(folder).problems]


@pytest.fixture
def placed(tmp_path: Path) -> Folder:
    """Every patient in a split of the user's choice, two in each."""
    made = Folder(tmp_path / "raw")
    for patient in range(8):
        split = ("train", "val", "calibration", "test")[patient % 4]
        made.add(f"{patient}.png", f"P{patient}", grade="ABCD"[patient // 2], split=split)
    return made


def images_of(folder: Folder, split: str) -> list[str]:
    return [row["image"] for row in folder.rows if row["split"] == split]


def test_a_complete_split_column_is_accepted(placed: Folder) -> None:
    assert problems(placed) == []


@pytest.mark.parametrize("on_bad", ["fail", "quarantine"])
def test_train_val_and_test_alone_leave_nothing_to_calibrate_with(
    placed: Folder, on_bad: str
) -> None:
    for row in placed.rows:
        row["split"] = row["split"].replace("calibration", "train")
    placed.write_labels()
    report = checked(placed)
    assert [str(problem) for problem in report.problems] == [
        "labels.csv: no patient is in calibration; give some train patients the split calibration"
    ]
    with pytest.raises(InputError, match="raw has 1 problem"):
        report.require(on_bad)


@pytest.mark.parametrize("split", ["train", "val", "calibration"])
def test_a_split_without_a_mask_is_named(placed: Folder, split: str) -> None:
    for image in images_of(placed, split):
        (placed.root / "masks" / image).unlink()
    assert problems(placed) == [
        f"labels.csv: {split} has no image with a mask; "
        f"give a patient who has one the split {split}"
    ]


def test_a_test_split_of_grades_alone_is_accepted(placed: Folder) -> None:
    for image in images_of(placed, "test"):
        (placed.root / "masks" / image).unlink()
    assert problems(placed) == []


def test_validation_needs_one_fragment_at_least(placed: Folder) -> None:
    first, second = images_of(placed, "val")
    placed.save("masks", first, NOTHING)
    assert problems(placed) == []
    placed.save("masks", second, NOTHING)
    assert len(problems(placed)) == 1
    assert "val has no mask that marks a fragment" in problems(placed)[0]


@pytest.mark.parametrize("split", ["train", "val", "calibration"])
def test_a_ratio_comes_from_a_column_or_an_outline(placed: Folder, split: str) -> None:
    """Without an outline, and with nothing in the picture to estimate one by, there is none."""
    rng = np.random.default_rng(0)
    for image in images_of(placed, split):
        (placed.root / "embryo" / image).unlink()
        placed.save("images", image, NOTHING + rng.integers(0, 9, dtype=np.uint8))
    assert len(problems(placed)) == 1
    assert f"{split} has no image with a mask whose ratio is known" in problems(placed)[0]
    next(row for row in placed.rows if row["split"] == split)["ratio"] = "0.2"
    placed.write_labels()
    assert problems(placed) == []


def test_grades_alone_cannot_be_learnt_from(folder: Folder) -> None:
    for path in (folder.root / "masks").iterdir():
        path.unlink()
    assert problems(folder) == [
        "labels.csv: none of its images has a mask in masks/, "
        "so no model can be trained on it; ivfgrade evaluate takes it"
    ]


def test_one_annotated_patient_is_too_few(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "raw")
    folder.add("a.png", "1")
    folder.add("b.png", "2", kinds=(), grade="A")
    assert len(problems(folder)) == 1
    assert "labels.csv: a mask or ratio is there for only 1 of its patients" in problems(folder)[0]
    assert "at least 4 are needed" in problems(folder)[0]


def test_a_chain_of_twins_whose_ends_the_column_tears_apart_is_a_problem(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = [Twins("p0_0.png", "p1_0.png", 0.99), Twins("p1_0.png", "p2_0.png", 0.99)]
    monkeypatch.setattr("ivfgrade.dataset.check.find_twins", lambda *_: chain)
    splits = {"P0": "test", "P2": "train"}
    for row in folder.rows:
        row["split"] = splits.get(row["patient"], "")
    folder.write_labels()
    assert len(problems(folder)) == 1
    assert "show the same picture but fall into" in problems(folder)[0]
    assert problems(folder)[0].startswith("labels.csv: p1_0.png and p")


def test_the_split_that_is_checked_is_the_one_that_is_built(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where ratios, and so the grades to stratify by, rest on estimated outlines."""
    for row in folder.rows:
        row["grade"] = "A" if row["patient"] in ("P8", "P9") else ""
    folder.write_labels()
    for path in sorted((folder.root / "embryo").iterdir())[::2]:
        path.unlink()
    seen = []

    def assign(*arguments: Any) -> dict[str, str]:
        seen.append(assign_splits(*arguments))
        return seen[-1]

    monkeypatch.setattr("ivfgrade.dataset.needs.assign_splits", assign)
    report = checked(folder)
    contract, out = read_contract(folder.root, SCHEME), tmp_path / "out"
    twins = [(pair.first, pair.second) for pair in report.twins]
    build_arrays(contract, SCHEME, twins, BuildParams(64, SPLIT, 0), out, workers=1)
    manifest = (out / "manifest.csv").read_text().splitlines()
    column = manifest[0].split(",").index("split")
    built = {line.split(",")[0]: line.split(",")[column] for line in manifest[1:]}
    assert seen == [built]
