"""The console command and the two data stages, run as a user runs them, on good and bad folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ivfgrade.cli import app
from pipeline import check, preprocess
from tests.dataset.conftest import Folder
from tests.dataset.test_images import chunk

REPOSITORY = Path(__file__).parent.parent
STAGES = """
stages:
  check:
    cmd: check
    deps: [raw]
  preprocess:
    cmd: preprocess
    deps: [raw, reports/check.json]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A working directory with the repository's parameters and a small data set of its own."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "grading", tmp_path / "grading")
    (tmp_path / "dvc.yaml").write_text(STAGES)
    folder = Folder(Path("raw"))
    for patient in range(6):
        for image in range(2):
            folder.add(f"p{patient}_{image}.png", f"P{patient}", grade="AB"[image])
    return folder


def run_check() -> None:
    check.main(Path("raw"), Path("reports/check.json"))


def run_preprocess() -> None:
    out, provenance = Path("processed"), Path("reports/preprocess.json")
    preprocess.main(Path("raw"), Path("reports/check.json"), out, provenance)


def use(setting: str, value: str) -> None:
    text = Path("params.yaml").read_text()
    lines = [
        f"  {setting}: {value}" if line.strip().startswith(f"{setting}:") else line
        for line in text.splitlines()
    ]
    Path("params.yaml").write_text("\n".join(lines) + "\n")


def truncated_image(folder: Folder) -> None:
    path = folder.root / "images" / "p0_0.png"
    path.write_bytes(path.read_bytes()[:400])


def mask_of_another_size(folder: Folder) -> None:
    folder.save("masks", "p0_0.png", np.zeros((9, 9), np.uint8))


def mask_without_image(folder: Folder) -> None:
    folder.save("masks", "ghost.png", np.zeros((9, 9), np.uint8))


def duplicate_names(folder: Folder) -> None:
    folder.rows.append(dict(folder.rows[0]))
    folder.write_labels()


def unknown_grade(folder: Folder) -> None:
    folder.rows[0]["grade"] = "E"
    folder.write_labels()


def ratio_outside(folder: Folder) -> None:
    folder.rows[0]["ratio"] = "1.01"
    folder.write_labels()


def patient_in_two_splits(folder: Folder) -> None:
    folder.rows[0]["split"], folder.rows[1]["split"] = "train", "val"
    folder.write_labels()


def empty_directory(folder: Folder) -> None:
    shutil.rmtree(folder.root)
    folder.root.mkdir()


def bomb(folder: Folder) -> None:
    path = folder.root / "images" / "p0_0.png"
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(path)
    content = bytearray(path.read_bytes())
    content[8:33] = chunk(b"IHDR", (40_000).to_bytes(4, "big") * 2 + bytes(content[24:29]))
    path.write_bytes(content)


def no_calibration(folder: Folder) -> None:
    for row in folder.rows:
        row["split"] = ("train", "val", "test")[int(row["patient"][1:]) % 3]
    folder.write_labels()


def grades_alone(folder: Folder) -> None:
    shutil.rmtree(folder.root / "masks")


BAD = {
    truncated_image: "images/p0_0.png: cannot be decoded: ",
    mask_of_another_size: "masks/p0_0.png: has 9 x 9 pixels, its image 56 x 40",
    mask_without_image: "masks/ghost.png: has no image of that stem",
    duplicate_names: "p0_0.png: is listed 2 times",
    unknown_grade: "p0_0.png: has unknown grade 'E'",
    ratio_outside: "p0_0.png: has ratio 1.01 outside [0, 1]",
    patient_in_two_splits: "patient P0: is in the splits train and val",
    empty_directory: "labels.csv: is missing",
    bomb: "images/p0_0.png: has 40000 x 40000 pixels",
    no_calibration: "labels.csv: no patient is in calibration; give some train patients",
    grades_alone: "labels.csv: none of its images has a mask",
}
each_bad_folder = pytest.mark.parametrize(
    ("spoil", "message"), BAD.items(), ids=[spoil.__name__ for spoil in BAD]
)


@each_bad_folder
def test_the_stage_stops_with_file_and_reason_and_leaves_earlier_outputs(
    project: Folder,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Folder], None],
    message: str,
) -> None:
    run_check()
    before = Path("reports/check.json").read_bytes()
    spoil(project)
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        run_check()
    assert stop.value.code == 1
    error = capsys.readouterr().err
    assert error.count(message) == 1
    assert "Traceback" not in error
    assert Path("reports/check.json").read_bytes() == before


def test_preprocessing_that_fails_leaves_earlier_arrays(
    project: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    run_check()
    run_preprocess()
    outputs = [Path("reports/preprocess.json"), *Path("processed").iterdir()]
    before = {path: path.read_bytes() for path in outputs}
    truncated_image(project)
    with pytest.raises(SystemExit):
        run_preprocess()
    assert "images/p0_0.png: cannot be decoded" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in outputs} == before
    assert sorted(Path("processed").iterdir()) == sorted(outputs[1:])


@each_bad_folder
def test_the_command_lists_the_problem_and_exits_with_one(
    project: Folder, spoil: Callable[[Folder], None], message: str
) -> None:
    spoil(project)
    result = CliRunner().invoke(app, ["data", "check", "raw", "--report", "found.json"])
    assert result.exit_code == 1
    assert f"problem: {message}" in result.output
    assert "Traceback" not in result.output
    assert len(json.loads(Path("found.json").read_text())["problems"]) == 1


@pytest.mark.usefixtures("project")
def test_the_command_accepts_a_sound_folder() -> None:
    result = CliRunner().invoke(app, ["data", "check", "raw"])
    assert result.exit_code == 0
    assert "raw: 12 usable images of 6 patients" in result.output


@pytest.mark.usefixtures("project")
def test_the_command_names_a_folder_that_is_not_there() -> None:
    result = CliRunner().invoke(app, ["data", "check", "nowhere"])
    assert result.exit_code == 1
    assert "error: nowhere is not a folder" in result.output


def test_quarantine_leaves_the_bad_image_out_of_the_arrays(project: Folder) -> None:
    use("on_bad", "quarantine")
    truncated_image(project)
    run_check()
    run_preprocess()
    manifest = Path("processed/manifest.csv").read_text()
    assert "p0_1.png" in manifest
    assert "p0_0.png" not in manifest
    assert np.load("processed/images.npy").shape[0] == 11


@pytest.mark.usefixtures("project")
def test_check_and_preprocess_end_in_arrays_and_provenance() -> None:
    run_check()
    run_preprocess()
    summary = json.loads(Path("processed/summary.json").read_text())
    assert summary["images"] == 12
    assert json.loads(Path("reports/preprocess.json").read_text())["stage"] == "preprocess"


@pytest.mark.usefixtures("project")
def test_a_mistyped_value_is_named_before_anything_runs() -> None:
    assert CliRunner().invoke(app, ["params"]).exit_code == 0
    Path("params.yaml").write_text(Path("params.yaml").read_text() + "precison: fp32\n")
    refused = CliRunner().invoke(app, ["params"])
    assert refused.exit_code == 1
    assert "unknown parameter precison" in refused.stderr
