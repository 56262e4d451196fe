"""Files, folders and patterns: what is meant, each once, and no answer of ours among it."""

import os
from pathlib import Path

import pytest

from ivfgrade.errors import InputError
from ivfgrade.prediction.inputs import files_meant


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def meant(here: Path, *wanted: str, out: str = "out") -> list[str]:
    return [path.relative_to(here).as_posix() for path in files_meant(wanted, Path(out))]


def test_a_folder_is_all_pictures_below_it_sorted(here):
    touch("a/b/3.PNG", "a/1.jpg", "a/b/2.tiff", "a/note.txt", "a/x.webp", "a/png")
    assert meant(here, "a") == ["a/1.jpg", "a/b/2.tiff", "a/b/3.PNG"]


def test_hidden_files_and_folders_are_left_out(here):
    touch("a/1.png", "a/._1.png", "a/.trash/2.png")
    assert meant(here, "a") == ["a/1.png"]


def test_a_hidden_folder_that_is_named_is_meant(here):
    touch(".cache/1.png")
    assert meant(here, ".cache") == [".cache/1.png"]


def test_a_file_that_is_named_is_taken_whatever_its_suffix(here):
    touch("scan")
    assert meant(here, "scan") == ["scan"]


def test_patterns_fit_files_and_folders_at_any_depth(here):
    touch("w1/a.png", "w1/b.jpg", "w2/c.png", "w2/x/d.png")
    assert meant(here, "w*/*.png") == ["w1/a.png", "w2/c.png"]
    assert meant(here, "**/*.png") == ["w1/a.png", "w2/c.png", "w2/x/d.png"]
    assert meant(here, "w?") == ["w1/a.png", "w1/b.jpg", "w2/c.png", "w2/x/d.png"]


def test_a_name_with_the_signs_of_a_pattern_is_a_name_first(here):
    touch("p[1].png", "p1.png")
    assert meant(here, "p[1].png") == ["p[1].png"]


def test_each_is_meant_once_however_often_it_is_named(here):
    touch("a/1.png", "b/2.png")
    assert meant(here, "a", "a/1.png", "b/../a/*.png", str(here / "a")) == ["a/1.png"]


def test_what_lies_in_the_folder_of_answers_is_never_meant(here):
    touch("a/1.png", "a/out/overlays/1.png", "a/out2/3.png")
    assert meant(here, "a", "a/out/overlays/1.png", "a/**/*.png", out="a/out") == [
        "a/1.png", "a/out2/3.png",
    ]  # fmt: skip


def test_the_folder_of_answers_is_found_through_a_link(here):
    touch("a/1.png", "a/out/overlays/1.png")
    Path("link").symlink_to("a/out")
    assert meant(here, "a", out="link") == ["a/1.png"]


def test_answers_of_other_runs_are_no_pictures(here):
    touch("a/1.png", "a/earlier/answers.jsonl", "a/earlier/overlays/1.png")
    assert meant(here, "a") == ["a/1.png"]


def test_folders_behind_links_are_read_once(here):
    touch("store/1.png", "a/2.png")
    Path("a/more").symlink_to(here / "store")
    Path("a/circle").symlink_to(here / "a")
    assert meant(here, "a") == ["a/2.png", "a/more/1.png"]


def test_what_only_looks_like_a_picture_is_meant_so_that_it_is_told(here):
    touch("a/series.tif/1.png")
    Path("a/gone.png").symlink_to("nowhere.png")
    os.mkfifo("a/pipe.png")
    assert meant(here, "a") == ["a/gone.png", "a/pipe.png", "a/series.tif", "a/series.tif/1.png"]


def test_a_picture_that_is_gone_is_one_bad_file(here):
    touch("1.png")
    assert meant(here, "1.png", "2.png") == ["1.png", "2.png"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("nowhere", "nowhere does not exist"),
        ("w*/*.png", r"no file fits w\*/\*\.png"),
        ("empty", "no picture was found"),
    ],
)
def test_a_mistyped_name_is_told_before_anything_runs(here, wanted, message):
    (here / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        files_meant([wanted], here / "out")
