from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ivfgrade.dataset.check import Report, check, read_report, write_report
from ivfgrade.errors import InputError
from tests.dataset.conftest import HEIGHT, SCHEME, SPLIT, WIDTH, Folder, picture
from tests.dataset.test_images import chunk


def checked(folder: Folder) -> Report:
    return check(folder.root, SCHEME, SPLIT, seed=0, workers=1)


def problems(folder: Folder) -> list[str]:
    return [str(problem) for problem in checked(folder).problems]


def warnings(folder: Folder) -> list[str]:
    return [str(warning) for warning in checked(folder).warnings]


def test_a_sound_folder_has_no_problems_and_is_counted(folder: Folder) -> None:
    report = checked(folder)
    assert report.problems == []
    assert report.quarantined == []
    assert report.counts["images"] == 18
    assert report.counts["patients"] == 10
    kinds = {"paired": 16, "ratio": 0, "weak": 2, "unlabelled": 0}
    assert report.counts["supervision"] == kinds
    report.require("fail")


def test_a_report_survives_its_file(folder: Folder, tmp_path: Path) -> None:
    folder.rows[0]["grade"] = "Z"
    folder.write_labels()
    report = checked(folder)
    write_report(report, tmp_path / "check.json")
    assert read_report(tmp_path / "check.json", folder.root) == report
    with pytest.raises(InputError, match="is a report on .*raw, not on .*other"):
        read_report(tmp_path / "check.json", tmp_path / "other")
    (tmp_path / "check.json").write_text("{}")
    with pytest.raises(InputError, match="is not a report"):
        read_report(tmp_path / "check.json", folder.root)


def test_all_problems_are_listed_at_once_and_only_those_images_left_out(folder: Folder) -> None:
    folder.rows[1]["ratio"] = "7"
    folder.rows[2]["grade"] = "Z"
    folder.write_labels()
    truncated = folder.root / "images" / "p2_0.png"
    truncated.write_bytes(truncated.read_bytes()[:300])
    folder.save("masks", "p3_0.png", np.zeros((HEIGHT, WIDTH + 1), np.uint8))
    folder.save("embryo", "p3_0.png", np.zeros((3, 3), np.uint8))
    report = checked(folder)
    assert [problem.file for problem in report.problems] == [
        "embryo/p3_0.png",
        "images/p2_0.png",
        "masks/p3_0.png",
        "p0_1.png",
        "p1_0.png",
    ]
    assert "has 57 x 40 pixels, its image 56 x 40" in str(report.problems[2])
    assert report.quarantined == ["p0_1.png", "p1_0.png", "p2_0.png", "p3_0.png"]
    with pytest.raises(InputError, match="has 5 problems"):
        report.require("fail")
    report.require("quarantine")
    assert report.counts["images"] == 14


def test_quarantine_does_not_accept_an_empty_rest(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "raw")
    folder.add("a.png", "1", grade="Z")
    with pytest.raises(InputError, match="has unknown grade 'Z'"):
        checked(folder).require("quarantine")


def test_a_missing_folder_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none is not a folder"):
        check(tmp_path / "none", SCHEME, SPLIT, seed=0)
    (tmp_path / "empty").mkdir()
    report = check(tmp_path / "empty", SCHEME, SPLIT, seed=0)
    assert [problem.file for problem in report.problems] == ["labels.csv"]
    assert "no images in images/" in report.problems[0].reason


def test_a_bomb_is_refused_quickly_by_its_header(folder: Folder) -> None:
    """A valid 40,000 x 40,000 PNG of zeros; decoded it would take 1.6 GB."""
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(folder.root / "images" / "p0_0.png")
    bomb = bytearray((folder.root / "images" / "p0_0.png").read_bytes())
    header = (40_000).to_bytes(4, "big") * 2 + bytes(bomb[24:29])
    bomb[8:33] = chunk(b"IHDR", header)
    (folder.root / "images" / "p0_0.png").write_bytes(bomb)
    start = time.perf_counter()
    found = problems(folder)
    assert found == ["images/p0_0.png: has 40000 x 40000 pixels; the limit is 100 megapixels"]
    assert time.perf_counter() - start < 5


def test_twins_of_two_patients_are_remarked_upon_and_kept_together(folder: Folder) -> None:
    folder.save("images", "p5_0.png", np.asarray(Image.open(folder.root / "images" / "p0_0.png")))
    report = checked(folder)
    assert [(t.first, t.second, t.correlation) for t in report.twins] == [
        ("p0_0.png", "p5_0.png", 1.0)
    ]
    found = [str(warning) for warning in report.warnings]
    assert any("so patients P0 and P5 stay in one split" in line for line in found)
    assert any("but not its grade" in line for line in found)  # A and B
    assert report.counts["twins"] == {"same_patient": 0, "other_patient": 1}


@pytest.mark.parametrize("own_cell", ["test", ""])  # another row of the patient says it, too
def test_twins_that_a_split_column_puts_apart_are_a_problem(folder: Folder, own_cell: str) -> None:
    folder.save("images", "p5_0.png", np.asarray(Image.open(folder.root / "images" / "p0_0.png")))
    for row in folder.rows:
        row["split"] = ("test", "val", "calibration", "train")[min(int(row["patient"][1:]), 3)]
        if row["image"] == "p0_0.png":
            row["split"] = own_cell
    folder.write_labels()
    report = checked(folder)
    assert [problem.file for problem in report.problems] == ["p5_0.png"]
    assert "shows the same picture as p0_0.png in split test" in str(report.problems[0])
    assert report.quarantined == ["p5_0.png"]  # the test image stays


def test_odd_masks_are_remarked_upon(folder: Folder) -> None:
    _, fragment, embryo = picture(0)
    full = np.full((HEIGHT, WIDTH), 255, np.uint8)
    folder.save("masks", "p0_0.png", (~embryo).astype(np.uint8))
    folder.save("embryo", "p0_1.png", full * 0)
    folder.save("masks", "p1_0.png", full)
    folder.rows[3]["ratio"] = "0.9"
    folder.write_labels()
    found = "\n".join(warnings(folder))
    assert "masks/p0_0.png: has 100% of the fragment area outside the embryo outline" in found
    assert "embryo/p0_1.png: is empty; the outline is estimated" in found
    assert "masks/p1_0.png: marks the whole image" in found
    assert "p1_1.png: has ratio 0.9 in labels.csv and " in found


def test_shortcuts_are_remarked_upon(folder: Folder) -> None:
    for row in folder.rows:
        row["site"] = f"site {row['grade']}"
    folder.write_labels()
    assert "labels.csv: the site alone tells the grade" in warnings(folder)
    for row in folder.rows:
        row["grade"] = "A"
    folder.write_labels()
    assert "labels.csv: every grade is A, so grades teach nothing" in warnings(folder)


def test_grades_are_compared_with_known_ratios(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "raw")
    for index, (grade, ratio) in enumerate([("A", "0.05"), ("A", "0.10"), ("D", "0.5"), ("C", "")]):
        folder.add(f"{index}.png", str(index), kinds=(), grade=grade, ratio=ratio)
    disagreement = checked(folder).counts["grade_disagreement"]
    assert disagreement == {"compared": 3, "differing": 1, "rate": 0.3333}
