from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ivfgrade.synthesis import write
from ivfgrade.synthesis.params import SynthesisParams
from ivfgrade.synthesis.write import synthesise

Make = Callable[..., SynthesisParams]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def mask(path: Path) -> np.ndarray:
    pixels = read(path)
    assert set(np.unique(pixels)) <= {0, 255}
    return pixels > 0


def test_the_data_set_keeps_the_contract(synthesis: Make, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    synthesise(synthesis(paired=6, weak=4), 3, folder, workers=1)
    labels = rows(folder / "labels.csv")
    assert len(labels) == 10
    assert len(list((folder / "images").iterdir())) == 10
    assert len(list((folder / "masks").iterdir())) == len(list((folder / "embryo").iterdir())) == 6
    for label in labels:
        pixels = read(folder / "images" / label["image"])
        place = folder / "masks" / f"{Path(label['image']).stem}.png"
        assert place.exists() == (label["ratio"] != "")
        assert label["grade"] in "ABCD"
        assert label["defect"] == ""
        if place.exists():
            fragment, embryo = mask(place), mask(folder / "embryo" / place.name)
            assert fragment.shape == pixels.shape[:2]
            assert not (fragment & ~embryo).any()
            assert float(label["ratio"]) == pytest.approx(fragment.sum() / embryo.sum(), abs=1e-6)


def test_the_truth_of_weak_images_is_kept_apart(synthesis: Make, tmp_path: Path) -> None:
    synthesise(synthesis(paired=1, weak=3), 3, tmp_path / "set", workers=1)
    labels, full = rows(tmp_path / "set/labels.csv"), rows(tmp_path / "set/truth.csv")
    assert list(labels[0]) == ["image", "patient", "grade", "ratio", "stage", "site", "defect"]
    assert [label["ratio"] == "" for label in labels] == [False, True, True, True]
    assert [row["image"] for row in full] == [label["image"] for label in labels]
    assert all(0 <= float(row["area_ratio"]) <= 1 for row in full)
    assert all(float(row["area_ratio"]) <= float(row["projected_ratio"]) <= 1 for row in full)
    assert all(float(row["volume_ratio"]) <= float(row["projected_ratio"]) for row in full)


def test_workers_change_no_byte(synthesis: Make, tmp_path: Path) -> None:
    params = synthesis(paired=3, weak=2, annotators=1)
    for workers in (1, 2):
        synthesise(params, 9, tmp_path / str(workers), workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
    synthesise(params, 10, tmp_path / "other", workers=1)
    assert contents(tmp_path / "other") != contents(tmp_path / "1")


def test_grades_can_follow_the_volume(synthesis: Make, tmp_path: Path) -> None:
    borders = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35)  # fine enough to tell the two apart
    fine = {name: 0.25 * (name in "CDEF") for name in "ABCDEFGH"}
    graded = {}
    for name in ("area", "volume"):
        params = synthesis(
            paired=0,
            weak=6,
            grade_mix=fine,
            grade_borders=borders,
            grades_follow=name,
            grade_noise=0.0,
        )
        synthesise(params, 1, tmp_path / name, workers=1)
        labels, full = (rows(tmp_path / name / table) for table in ("labels.csv", "truth.csv"))
        ratios = np.array([float(row[f"{name}_ratio"]) for row in full])
        graded[name] = [row["grade"] for row in labels]
        assert graded[name] == ["ABCDEFGH"[i] for i in np.searchsorted(borders, ratios, "right")]
    assert graded["area"] != graded["volume"]


def test_defects_are_labelled_and_look_it(synthesis: Make, tmp_path: Path) -> None:
    asked = {"defocus": 1, "saturation": 1, "empty": 1, "two_embryos": 1}
    folder = tmp_path / "set"
    synthesise(synthesis(paired=1, weak=0, defects=asked), 2, folder, workers=1)
    sick = {row["defect"]: row for row in rows(folder / "labels.csv") if row["defect"]}
    assert set(sick) == set(asked)
    assert all(row["grade"] == row["ratio"] == "" for row in sick.values())
    assert len(list((folder / "masks").iterdir())) == 1
    bright = read(folder / "images" / sick["saturation"]["image"])
    assert (bright >= 250).mean() > 0.3
    assert sick["empty"]["stage"] == ""


def test_annotators_write_one_mask_each(synthesis: Make, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    synthesise(synthesis(paired=2, weak=1, annotators=2), 4, folder, workers=1)
    assert sorted(p.name for p in (folder / "annotators").iterdir()) == ["0", "1"]
    for number in ("0", "1"):
        names = {p.name for p in (folder / "annotators" / number).iterdir()}
        assert names == {p.name for p in (folder / "masks").iterdir()}


def test_a_failure_leaves_the_old_data_set_alone(
    synthesis: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "set"
    synthesise(synthesis(paired=1, weak=0), 4, folder, workers=1)
    before = contents(folder)

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "produce", fail)
    with pytest.raises(KeyboardInterrupt):
        synthesise(synthesis(paired=2, weak=0), 4, folder, workers=1)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
