from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivfgrade.dataset.contract import Contract, read_contract
from tests.dataset.conftest import SCHEME, Folder


def reasons(contract: Contract) -> list[str]:
    return [str(problem) for problem in contract.problems]


def only_reason(folder: Folder) -> str:
    found = reasons(read_contract(folder.root, SCHEME))
    assert len(found) == 1, found
    return found[0]


def test_supervision_is_what_a_row_brings(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add("a.png", "1", kinds=("masks",), grade="A", ratio="0.05")
    folder.add("b.png", "1", kinds=("embryo",), grade="B", ratio="0.2")
    folder.add("c.png", "2", kinds=("embryo",), grade="C", ratio="")
    folder.add("d.png", "2", kinds=(), grade="", ratio="")
    contract = read_contract(folder.root, SCHEME)
    assert contract.problems == []
    assert [sample.supervision for sample in contract.samples] == [
        "paired",
        "ratio",
        "weak",
        "unlabelled",
    ]
    assert contract.samples[1].ratio == 0.2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(("separator", "ratio"), [(",", "0.25"), (";", "0,25"), ("\t", "0.25")])
def test_labels_as_spreadsheets_save_them(
    folder: Folder, encoding: str, separator: str, ratio: str
) -> None:
    cells = [
        ["Image ", " PATIENT", "ratio", "Clinic", ""],
        ["p0_0.png", " Müller ", ratio, "x", ""],
    ]
    text = "\r\n".join(separator.join(row) for row in cells) + "\r\n\r\n"
    (folder.root / "labels.csv").write_bytes(text.encode(encoding))
    sample = read_contract(folder.root, SCHEME).samples[0]
    assert (sample.patient, sample.ratio, sample.extra) == ("Müller", 0.25, {"clinic": "x"})


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("grade", "E", "p0_0.png: has unknown grade 'E'; abcd has A, B, C, D (labels.csv line 2)"),
        ("ratio", "1.2", "p0_0.png: has ratio 1.2 outside [0, 1]; divide percentages by 100"),
        ("ratio", "-0.1", "p0_0.png: has ratio -0.1 outside [0, 1]"),
        ("ratio", "inf", "p0_0.png: has ratio inf outside [0, 1]"),
        ("ratio", "much", "p0_0.png: has ratio 'much', which is not a number"),
        ("split", "dev", "p0_0.png: has unknown split 'dev'; it can be train, val, calibration"),
        ("patient", "", "p0_0.png: has no patient"),
    ],
)
def test_a_bad_cell_names_image_line_and_reason(
    folder: Folder, column: str, value: str, reason: str
) -> None:
    folder.rows[0][column] = value
    folder.write_labels()
    assert only_reason(folder).startswith(reason)
    assert "p0_0.png" not in [s.image for s in read_contract(folder.root, SCHEME).samples]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../labels.png", "is not a plain file name"),
        ("sub\\a.png", "is not a plain file name"),
        ("/etc/passwd.png", "is not a plain file name"),
        ("P0_0.PNG", "is not in images/; did you mean p0_0.png?"),
        ("p0_0", "needs an extension of png, jpg, jpeg, tif, tiff, bmp; did you mean p0_0.png?"),
        ("gone.png", "is not in images/"),
        ("", "a row names no image"),
    ],
)
def test_a_bad_image_name_is_explained(folder: Folder, name: str, reason: str) -> None:
    folder.rows.append({"image": name, "patient": "Q"})
    folder.write_labels()
    found = reasons(read_contract(folder.root, SCHEME))
    assert any(reason in line for line in found), found


def test_an_image_listed_twice(folder: Folder) -> None:
    folder.rows.append(dict(folder.rows[0]))
    folder.write_labels()
    assert only_reason(folder) == "p0_0.png: is listed 2 times in labels.csv"


def test_two_images_of_one_stem_would_share_a_mask(folder: Folder) -> None:
    folder.add("p0_0.bmp", "P0", kinds=())
    assert "has the same stem as p0_0.png" in only_reason(folder)


def test_a_patient_in_two_splits_is_left_out_as_a_whole(folder: Folder) -> None:
    folder.rows[0]["split"], folder.rows[1]["split"] = "train", "test"
    folder.write_labels()
    assert (
        only_reason(folder) == "patient P0: is in the splits test and train; one patient, one split"
    )
    assert "P0" not in {s.patient for s in read_contract(folder.root, SCHEME).samples}


def test_masks_and_images_without_a_partner(folder: Folder) -> None:
    blank = np.zeros((4, 4), np.uint8)
    folder.save("masks", "ghost.png", blank)
    folder.save("embryo", "p9_0.jpg", blank)
    folder.save("masks", "p0_0.tif", blank)
    folder.save("images", "extra.png", blank)
    found = reasons(read_contract(folder.root, SCHEME))
    assert sorted(found) == [
        "embryo/p9_0.jpg: is a JPEG, which invents mask values; save it as PNG",
        "images/extra.png: has no row in labels.csv",
        "masks/ghost.png: has no image of that stem in images/",
        "masks/p0_0.tif: is a second mask beside p0_0.png",
    ]


def test_other_files_are_remarked_upon_and_hidden_ones_passed_over(folder: Folder) -> None:
    (folder.root / "images" / "notes.txt").touch()
    (folder.root / "images" / ".DS_Store").touch()
    contract = read_contract(folder.root, SCHEME)
    assert contract.problems == []
    assert [remark.file for remark in contract.warnings] == ["images/notes.txt"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has no column image"),
        (b"image,grade\np0_0.png,A\n", "has no column patient"),
        (b"image,patient,image\n", "has the column image twice"),
        (b"image,patient\n", "has no rows"),
        (b"image,patient\np0_0.png\n", "line 2 has 1 cells where the header has 2"),
        ("image,patient\np0_0.png,Müller\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_a_broken_table_is_explained(folder: Folder, content: bytes, reason: str) -> None:
    (folder.root / "labels.csv").write_bytes(content)
    found = reasons(read_contract(folder.root, SCHEME))
    assert any(reason in line for line in found), found
