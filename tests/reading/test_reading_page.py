import base64
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ivfgrade.cli import app
from ivfgrade.errors import InputError
from ivfgrade.htmlreport.embed import content_policy
from ivfgrade.reading.contours import TOLERANCE
from ivfgrade.reading.entries import CHANGED, GONE
from ivfgrade.reading.folder import answers_in, names_of, run_in
from ivfgrade.reading.pictures import LONGEST, shown
from ivfgrade.reading.write import page, script, style, write_page
from tests.reading.made import BROKEN, FACTS, HOSTILE, NAMES, picture, write_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of answers; the pictures lie beside it."""
    answers = tmp_path / "answers"
    answers.mkdir()
    return write_run(answers, tmp_path / "pictures")


def written(folder: Path) -> str:
    out = folder / "reading.html"
    write_page(folder, run_in(folder), out)
    return out.read_text()


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def corners(path: str) -> list[float]:
    """Left, top, right and bottom of a path."""
    numbers = np.array([float(number) for number in re.findall(r"[\d.]+", path)]).reshape(-1, 2)
    return [*numbers.min(0), *numbers.max(0)]


def test_the_page_is_one_file_that_loads_nothing_and_shows_no_answer(folder):
    text = written(folder)
    body = text.replace(script(), "").replace(style(), "")
    assert "default-src &#39;none&#39;" in text
    assert "<img" not in body
    words = re.sub(r"<script.*?</script>", "", body, flags=re.DOTALL)
    assert re.findall(r"\b(?:src|href)=(\S*?)>", words) == ['"data:,"']
    assert "Research software, not a medical device" in words
    assert not re.search(r"\d\d\.\d|p\d\d\.png|defocused", words)


def test_a_name_cannot_end_the_data(folder):
    text = written(folder)
    assert HOSTILE in {one["name"] for one in data_of(text)["pictures"]}
    assert "<img" not in text.replace(script(), "")
    assert str(folder.parent) not in text


def test_the_policy_is_of_the_code_that_is_there(folder):
    wanted = content_policy(script(), style()).replace("'", "&#39;")
    assert wanted in written(folder)


def test_what_the_page_holds_of_a_picture(folder):
    found = {one["name"]: one for one in data_of(written(folder))["pictures"]}
    one = found[NAMES[2]]["model"]
    assert (one["ratio"], one["grade"], one["grades"]) == (0.4321, "C", ["C"])
    assert one["fragments"][0]["x"] == 23.0
    assert corners(one["embryo"]) == pytest.approx([10, 5, 40, 35], abs=TOLERANCE)
    assert corners(one["fragment"]) == pytest.approx([20, 10, 26, 16], abs=TOLERANCE)
    assert found["q-refused.png"]["model"]["reasons"] == ["no sharp outline was found"]
    assert "ratio" not in found["q-refused.png"]["model"]
    assert "cannot be decoded" in found[BROKEN]["missing"]


def test_pictures_are_shown_small_enough(tmp_path):
    large = picture(tmp_path / "large.png")
    wide = np.full((400, 1280, 3), 128, np.uint8)
    Image.fromarray(wide).save(large)
    one = shown(large)
    small = Image.open(io.BytesIO(base64.b64decode(one.jpeg)))
    assert small.format == "JPEG"
    assert (small.width, small.height) == (one.width, one.height) == (LONGEST, 200)
    assert one.scale == 0.5
    assert abs(np.asarray(small).astype(int) - 128).max() < 3
    assert shown(picture(tmp_path / "small.png")).scale == 1.0


def test_a_picture_that_is_not_the_one_that_was_answered_is_not_shown(folder, tmp_path):
    (tmp_path / "pictures" / NAMES[0]).unlink()
    os.utime(tmp_path / "pictures" / NAMES[1], ns=(1, 1))
    found = {one["name"]: one for one in data_of(written(folder))["pictures"]}
    assert found[NAMES[0]]["missing"] == GONE
    assert found[NAMES[1]]["missing"] == CHANGED
    assert "model" not in found[NAMES[1]]


def test_a_page_without_any_picture_is_refused(folder, tmp_path):
    for path in (tmp_path / "pictures").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="none of its pictures can be shown"):
        write_page(folder, run_in(folder), folder / "reading.html")


def test_of_a_picture_that_was_answered_twice_the_later_answer_counts(folder):
    journal = folder / "answers.jsonl"
    again = {**json.loads(journal.read_text().splitlines()[0]), "ratio": 0.0777}
    journal.write_text(journal.read_text() + json.dumps(again) + "\n")
    assert [one["ratio"] for one in answers_in(folder) if one["file"] == again["file"]] == [0.0777]


def test_names_begin_where_the_pictures_part():
    assert names_of([{"file": "/a/b/x.png"}, {"file": "/a/c/y.png"}]) == ["b/x.png", "c/y.png"]
    assert names_of([{"file": "/a/b/x.png"}]) == ["x.png"]


def test_readings_stay_with_the_run_when_pictures_are_added(folder, tmp_path):
    before = run_in(folder)
    write_run(folder, tmp_path / "pictures" / "more")
    assert run_in(folder).digest == before.digest
    other = {"bundle": "made", "digest": "e" * 64, **FACTS}
    (folder / "run.json").write_text(json.dumps(other))
    assert run_in(folder).digest != before.digest


def test_the_names_of_grades_are_the_schemes(folder):
    run = replace(run_in(folder), grades=("good", "<b>"), borders=(0.0, 0.5, 1.0))
    text = page([], run)
    assert re.findall(r'data-grade="([^"]*)"', text.split("<script")[0]) == [
        "good",
        "&lt;b&gt;",
        "",
    ]


def test_the_command_tells_what_it_wrote(folder):
    result = CliRunner().invoke(app, ["read", str(folder)])
    assert result.exit_code == 0
    size = (folder / "reading.html").stat().st_size / 1e6
    assert f"reading.html: 14 pictures, {size:.1f} MB" in result.stdout
    assert "1 of the pictures cannot be shown" in result.stdout


def test_the_command_says_in_one_line_where_no_page_can_be(folder):
    for out, reason in [(folder, "is no page"), (folder / "run.json" / "x", "is a file")]:
        result = CliRunner().invoke(app, ["read", str(folder), "--out", str(out)])
        assert result.exit_code == 1
        assert reason in result.stderr.splitlines()[-1]
        assert result.stderr.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize("spoil", ["run.json", "answers.jsonl"])
def test_the_command_says_in_one_line_what_is_no_folder_of_answers(folder, spoil):
    (folder / spoil).unlink()
    result = CliRunner().invoke(app, ["read", str(folder)])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(f"error: {folder} holds no ")
    assert not (folder / "reading.html").exists()


def test_a_mask_of_another_size_is_named(folder):
    for path in (folder / "masks").iterdir():
        Image.new("P", (3, 3)).save(path)
    with pytest.raises(InputError, match="is no mask of 60 x 40 pixels"):
        written(folder)
