"""`ivfgrade predict` as it is called: killed, interrupted, called twice, on a full disk."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivfgrade.bundle import manifest, seal
from ivfgrade.cli import app
from ivfgrade.errors import InputError
from ivfgrade.prediction.folder import held
from ivfgrade.prediction.opened import graph_of, open_bundle
from tests.bundle.made import bundle, picture
from tests.prediction.answered import lines, pixels, table

COMMAND = [sys.executable, "-c", "from ivfgrade.cli import app; app()", "predict"]


def called(*arguments: object):
    return CliRunner().invoke(app, ["predict", *map(str, arguments), "--device", "cpu"])


def begun(*arguments: object, **options) -> subprocess.Popen[str]:
    """In a process of its own, with what it says kept."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def wait_for_lines(journal: Path, count: int) -> None:
    give_up = time.monotonic() + 60
    while not journal.exists() or journal.read_bytes().count(b"\n") < count:
        assert time.monotonic() < give_up
        time.sleep(0.002)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """60 pictures, and 10 files that are none."""
    for number in range(60):
        picture(tmp_path / f"many/{number % 3}/{number}.png", 40 + number, 200, 240)
    for number in range(10):
        (tmp_path / f"many/{number % 3}/bad{number}.png").write_text("no picture")
    return tmp_path / "many"


def test_a_run_that_is_killed_again_and_again_ends_like_one_that_is_not(packed, many, tmp_path):
    out, journal = tmp_path / "out", tmp_path / "out/answers.jsonl"
    for count in (12, 30):
        running = begun(packed, many, "--out", out)
        wait_for_lines(journal, count)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert not (out / "answers.csv").exists()
    with journal.open("ab") as file:
        file.write(journal.read_bytes().splitlines()[-1][:30])  # as if killed within a line
    (out / "masks/.x.png.1.partial").write_text("half a mask")
    before = len(journal.read_bytes().splitlines()) - 1
    assert 30 <= before < 70
    assert called(packed, many, "--out", out).exit_code == 3
    assert called(packed, many, "--out", tmp_path / "at_once").exit_code == 3
    for name in ("answers.csv", "fragments.csv"):
        assert (out / name).read_bytes() == (tmp_path / "at_once" / name).read_bytes()
    found = lines(out)
    assert len(found) == len({record["file"] for record in found}) == 70
    for record in (one for one in found if "mask" in one):
        assert pixels(out / record["mask"]).shape == (200, 240)
    assert len(list((out / "masks").iterdir())) == len(list((out / "overlays").iterdir())) == 60


def test_ctrl_c_ends_with_one_sentence_and_the_same_command_goes_on(packed, many, tmp_path):
    out = tmp_path / "out"
    running = begun(packed, many, "--out", out)
    wait_for_lines(out / "answers.jsonl", 12)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=30)
    assert running.returncode == 130
    said = error.splitlines()[-1]
    assert said == f"interrupted: {out} is whole so far, and the same command goes on"
    assert "Traceback" not in error
    assert 12 <= len(lines(out)) < 70
    assert called(packed, many, "--out", out).exit_code == 3
    assert len(lines(out)) == len(table(out / "answers.csv")) == 70


def test_two_runs_do_not_write_into_one_folder(packed, album, tmp_path):
    with held(tmp_path / "out"):
        second = called(packed, album, "--out", tmp_path / "out")
    assert second.exit_code == 1
    assert "error: another run writes into" in second.stderr
    assert called(packed, album, "--out", tmp_path / "out").exit_code == 0


def test_a_full_disk_is_one_sentence_and_what_is_written_stays_whole(packed, many, tmp_path):
    """No file can grow beyond 7 kB: the journal, or a mask, will want to."""
    out, size = tmp_path / "out", 7_000
    full = begun(
        packed, many, "--out", out, "--no-overlays",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip
    _, error = full.communicate(timeout=60)
    assert full.returncode == 1
    assert f"error: {out} cannot be written: File too large" in error.splitlines()[-1]
    assert "Traceback" not in error
    assert called(packed, many, "--out", out, "--no-overlays").exit_code == 3
    assert len(lines(out)) == 70


@pytest.mark.skipif(sys.platform != "linux", reason="a place where even root writes nothing")
@pytest.mark.parametrize("place", ["/proc/answers", "/dev/null", "/dev/null/answers"])
def test_a_place_that_cannot_be_written_is_one_sentence(packed, album, place):
    found = called(packed, album, "--out", place)
    assert found.exit_code == 1
    assert found.stderr.splitlines()[-1].startswith("error: /")
    assert "Traceback" not in found.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(packed, album, tmp_path):
    (album / "week1/p0.png").chmod(0)
    found = called(packed, album, "--out", tmp_path / "out")
    assert found.exit_code == 3
    assert "week1/p0.png: cannot be decoded: " in found.stdout


def test_counts_bad_files_and_provider_are_told(packed, album, tmp_path):
    picture(album / "white.png", 255)
    for number in range(12):
        (album / f"bad{number:02}.png").touch()
    found = called(packed, album, "--out", tmp_path / "out", "--um-per-px", "0.5")
    assert found.exit_code == 3
    said = found.stdout.splitlines()
    assert said[0] == "made: model.onnx (fp32) on CPUExecutionProvider"
    assert said[1] == "6 graded, 1 refused, 12 unreadable"
    assert said[2].endswith("bad00.png: is not a PNG, JPEG, TIFF or BMP image; it is empty")
    assert [line for line in said if "/bad" in line] == said[2:12]
    assert said[12] == "unreadable: 2 more, listed in answers.csv"
    assert "pictures/s" in said[13]
    piece = table(tmp_path / "out/fragments.csv")[0]
    assert float(piece["area_um2"]) == float(piece["area_px"]) / 4


def test_without_bad_files_the_exit_code_is_0(packed, album, tmp_path):
    found = called(packed, album, "--out", tmp_path / "out", "--no-overlays", "--jobs", 1)
    assert found.exit_code == 0
    assert "6 graded, 0 refused, 0 unreadable" in found.stdout
    assert not (tmp_path / "out/overlays").exists()
    assert all("overlay" not in record for record in lines(tmp_path / "out"))


def test_answers_below_the_pictures_are_not_read_as_pictures(packed, album):
    for _ in range(2):
        assert called(packed, album, "--out", album / "answers").exit_code == 0
    assert len(lines(album / "answers")) == 6


@pytest.mark.parametrize("size", ["0", "-1", "nan", "inf"])
def test_a_pixel_has_a_size(packed, album, tmp_path, size):
    found = called(packed, album, "--out", tmp_path / "out", "--um-per-px", size)
    assert found.exit_code == 1
    assert "error: --um-per-px is" in found.stderr


def test_a_bundle_that_was_changed_is_not_used(album, tmp_path):
    folder, digest = bundle(tmp_path / "bundle")
    assert called(folder, album, "--out", tmp_path / "out", "--digest", digest).exit_code == 0
    other = called(folder, album, "--out", tmp_path / "out", "--digest", "0" * 64)
    assert other.exit_code == 1
    assert "SHA256SUMS is not the one of this" in other.stderr
    with (folder / "model.onnx").open("r+b") as file:
        file.write(b"\x00")
    changed = called(folder, album, "--out", tmp_path / "out2")
    assert changed.exit_code == 1
    assert "model.onnx is not what was handed over" in changed.stderr
    assert not (tmp_path / "out2").exists()


def test_what_is_no_bundle_is_told(album, tmp_path):
    found = called(album, album, "--out", tmp_path / "out")
    assert found.exit_code == 1
    assert (
        "SHA256SUMS cannot be read beside verify.py (No such file or directory); it is not used"
        in (found.stderr)
    )


def test_run_json_names_the_bundle(packed, album, tmp_path):
    called(packed, album, "--out", tmp_path / "out")
    pinned = json.loads((tmp_path / "out/run.json").read_text())
    assert pinned["digest"] == seal.sha256((packed / seal.SUMS).read_bytes())
    assert (pinned["graph"], pinned["um_per_px"]) == ("model.onnx", None)


def test_only_graphs_that_may_be_used_are(packed):
    assert open_bundle(packed, "cpu", "fp32").graph.file == "model.onnx"
    described = manifest.read(packed)
    (graph,) = described.graphs
    three = {
        **vars(described),
        "graphs": (
            graph,
            type(graph)(**{**vars(graph), "file": "16.onnx", "precision": "fp16"}),
            type(graph)(
                **{**vars(graph), "precision": "int8", "promoted": False, "why": "MAE grows"}
            ),
        ),
    }
    several = type(described)(**three)
    assert graph_of(several, None).file == "model.onnx"
    assert graph_of(several, "fp16").file == "16.onnx"
    with pytest.raises(InputError, match="int8 must not be used: MAE grows; it has fp32, fp16"):
        graph_of(several, "int8")
    with pytest.raises(InputError, match="fp16 is not in it; it has fp32"):
        open_bundle(packed, "cpu", "fp16")
