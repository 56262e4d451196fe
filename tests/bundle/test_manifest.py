"""manifest.json goes out and comes back; what is no manifest is told."""

import json
from dataclasses import asdict

import pytest

from ivfgrade.bundle import manifest
from ivfgrade.errors import InputError


def test_it_comes_back_as_it_was_written(packed, tmp_path):
    found = manifest.read(packed[0])
    manifest.write(tmp_path, found)
    assert manifest.read(tmp_path) == found
    text = (tmp_path / manifest.FILE).read_bytes()
    assert text == (packed[0] / manifest.FILE).read_bytes()
    assert json.loads(text)["graphs"][0]["opset"] == 20


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read"),
        ("[]", "of format None"),
        ('{"format": 2}', "is of format 2; this code reads 1"),
        ('{"format": 1, "format": 1}', "format is there twice"),
        ('{"format": NaN}', "NaN is not JSON"),
        ('{"format": 1}', "missing parameter"),
        ('{"format": 1, "more": 1}', "unknown parameter"),
        ("\xff", "cannot be read"),
    ],
)
def test_what_is_no_manifest_is_told(tmp_path, content, words):
    (tmp_path / manifest.FILE).write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=words):
        manifest.read(tmp_path)


def test_no_file_is_told_with_its_place(tmp_path):
    with pytest.raises(InputError, match="manifest.json cannot be read"):
        manifest.read(tmp_path)


def test_a_number_for_a_text_is_named_by_its_place(packed, tmp_path):
    content = asdict(manifest.read(packed[0]))
    content["graphs"][0]["precision"] = 32
    (tmp_path / manifest.FILE).write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"graphs\[0\].precision is 32"):
        manifest.read(tmp_path)
