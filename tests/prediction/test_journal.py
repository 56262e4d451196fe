"""The journal after every way of being stopped: whole lines count, nothing twice."""

import json
import os
from pathlib import Path

import pytest

from ivfgrade.errors import InputError
from ivfgrade.prediction.journal import ABSENT, FILE, Journal, key_of, records


def record(path: Path, status: str = "graded", **more: str) -> dict:
    size, changed = key_of(path)
    return {"file": str(path), "bytes": size, "changed_ns": changed, "status": status, **more}


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for path in paths:
        path.write_text(path.name)
    return paths


@pytest.fixture
def folder(tmp_path, pictures):
    """Answers to all but the last."""
    (tmp_path / "out").mkdir()
    with Journal(tmp_path / "out") as journal:
        for path in pictures[:-1]:
            journal.append(record(path))
    return tmp_path / "out"


def due(folder: Path, paths: list[Path], again: bool = False) -> list[Path]:
    with Journal(folder) as journal:
        return list(journal.due(paths, again))


def test_what_has_a_line_is_done(folder, pictures):
    assert due(folder, pictures) == pictures[-1:]


@pytest.mark.parametrize("cut", [1, 2, 40])
def test_half_a_line_is_taken_away_and_its_picture_done_again(folder, pictures, cut):
    path = folder / FILE
    path.write_bytes(path.read_bytes()[:-cut])
    assert due(folder, pictures) == pictures[2:]
    assert path.read_bytes().count(b"\n") == len(path.read_bytes().splitlines()) == 2


def test_whoever_reads_while_a_line_is_written_sees_the_whole_ones(folder):
    with (folder / FILE).open("ab") as file:
        file.write(b'{"file": "/ha')
    assert len(list(records(folder / FILE))) == 3


def test_a_first_line_that_is_half_leaves_nothing(tmp_path, pictures):
    (tmp_path / FILE).write_text('{"file": ')
    assert due(tmp_path, pictures) == pictures
    assert (tmp_path / FILE).read_bytes() == b""


@pytest.mark.parametrize("line", ["no json", "[]", "3", '{"file": "a"}'])
def test_a_line_that_is_no_answer_is_named(folder, line):
    with (folder / FILE).open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(InputError, match=r"answers\.jsonl line 4 is no answer"):
        Journal(folder)


def test_a_picture_that_was_replaced_is_due(folder, pictures):
    pictures[0].write_text("longer than before")
    os.utime(pictures[1], ns=(1, 1))  # of the same size
    assert due(folder, pictures) == [pictures[0], pictures[1], pictures[3]]


def test_an_unreadable_file_is_due_when_it_changed_or_is_asked_for(folder, pictures):
    with Journal(folder) as journal:
        journal.append(record(pictures[3], "unreadable", reasons=["is empty"]))
    assert due(folder, pictures) == []
    assert due(folder, pictures, again=True) == pictures[3:]
    pictures[3].write_text("mended")
    assert due(folder, pictures) == pictures[3:]


def test_a_file_that_is_gone_is_done_until_it_is_back(folder, tmp_path):
    gone = tmp_path / "gone.png"
    with Journal(folder) as journal:
        assert journal.due([gone], again=False) == {gone: ABSENT}
        journal.append(record(gone, "unreadable", reasons=["does not exist"]))
    assert due(folder, [gone]) == []
    gone.touch()
    assert due(folder, [gone]) == [gone]


def test_what_is_forgotten_takes_its_files_along_and_leaves_the_others(folder, pictures):
    (folder / "masks").mkdir()
    for number in (0, 3):
        (folder / f"masks/{number}.png").touch()
    with Journal(folder) as journal:
        journal.append(record(pictures[3], mask="masks/3.png"))
    before = (folder / FILE).read_bytes().splitlines(keepends=True)
    with Journal(folder) as journal:
        journal.forget([pictures[1], pictures[3]])
        assert not (folder / "masks/3.png").exists()
        journal.append(record(pictures[1], "refused"))
    after = (folder / FILE).read_bytes().splitlines(keepends=True)
    assert after[:2] == [before[0], before[2]]
    assert json.loads(after[2])["status"] == "refused"
    assert len(after) == 3
    assert (folder / "masks/0.png").exists()


def test_forgetting_what_was_never_known_changes_nothing(folder, pictures):
    before = (folder / FILE).stat()
    with Journal(folder) as journal:
        journal.forget(pictures[3:])
    assert (folder / FILE).stat().st_ino == before.st_ino


@pytest.mark.parametrize("name", ["Häufchen 胚.png", "a\nb.png", "a\u2028b.png", "\udcff.png"])
def test_any_name_comes_back_and_takes_one_line(tmp_path, name):
    path = tmp_path / name
    with Journal(tmp_path) as journal:
        journal.append(record(path))
    assert len((tmp_path / FILE).read_text().splitlines()) == 1
    assert [one["file"] for one in records(tmp_path / FILE)] == [str(path)]


def test_what_is_no_number_is_not_written(tmp_path, pictures):
    with Journal(tmp_path) as journal, pytest.raises(ValueError, match="not JSON compliant"):
        journal.append({**record(pictures[0]), "ratio": float("nan")})
    assert (tmp_path / FILE).read_bytes() == b""
