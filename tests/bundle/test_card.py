"""The model card says what the manifest says, and its example runs."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from ivfgrade.bundle import card, manifest
from ivfgrade.bundle.manifest import Graph
from ivfgrade.bundle.markdown import measured, plain, table


@pytest.fixture(scope="module")
def made(packed):
    return manifest.read(packed[0])


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_it_lies_in_the_bundle_and_comes_from_the_manifest_alone(packed, made):
    assert (packed[0] / card.FILE).read_text() == card.text(made)


def test_it_says_what_it_is_not_for(made):
    said = section(card.text(made), "Intended use")
    assert "not a medical device" in said
    assert "does **not** predict outcome" in said
    assert "after their own assessment" in said


def test_all_that_is_in_the_manifest_is_told(made):
    text = card.text(made)
    for name, port in {**made.inputs, **made.outputs}.items():
        assert f"| `{name}` | {port.dtype} [{', '.join(port.shape)}] | {port.means} |" in text
    for one in made.refusals:
        assert f"| `{one.code}` | {one.means} | {one.measure} {one.side} {one.limit:g} |" in text
    for line in made.decoding:
        assert line in text
    assert made.domain in section(text, "Interval and its domain")
    assert "ivfgrade recalibrate BUNDLE FOLDER --out NEW" in text
    assert "| B | 10 % to below 25 % |" in section(text, "Grading scheme")
    assert "| D | 50 % to 100 % |" in section(text, "Grading scheme")
    assert "`s`, version 1" in text
    assert "python verify.py --digest DIGEST" in section(text, "How to verify it")


def test_nothing_is_said_of_what_was_not_measured(made):
    bare = replace(made, metrics={"dice": {"value": None, "low": None, "high": None}},
                   made_from={}, limitations=())  # fmt: skip
    text = card.text(bare)
    assert not any(f"## {title}" in text for title in ("Metrics", "Known", "What it was made"))
    assert "dice" not in text
    assert "| None |" not in text


def test_limits_and_failures_are_listed(made):
    told = replace(made, limitations=("Small fragments are missed.", "Cells\nare not."))
    said = section(card.text(told), "Known limits")
    assert said.strip() == "- Small fragments are missed.\n- Cells are not."


def test_variants_with_what_was_measured_and_why_not(made):
    small = Graph(
        "small.onnx",
        "int8",
        20,
        52_345_678,
        False,
        "loses 3 % of Dice",
        {"latency_ms": {"value": 12.34567, "low": 11.0, "high": 13.0, "machine": "a|b"}},
    )
    told = replace(made, graphs=(*made.graphs, small), providers={"CUDAExecutionProvider": "ran"})
    said = section(card.text(told), "Variants")
    assert "| `small.onnx` | int8 | 52.3 MB | not promoted: loses 3 % of Dice |" in said
    assert "| graph | latency ms |" in said
    assert "| `small.onnx` | 12.3 (11 to 13), machine a\\|b |" in said
    assert "promoted, taken unless another is asked for" in said
    assert "| `CUDAExecutionProvider` | ran |" in said


def test_two_networks_are_told_from_one(made):
    assert "One network outlines" in card.text(made)
    assert "Two networks" in card.text(replace(made, strategy="dual"))


def test_its_example_answers_as_the_bundle_does(packed, made, capsys, monkeypatch):
    monkeypatch.chdir(packed[0])
    code = section(card.text(made), "How to run it").split("```python\n")[1].split("```")[0]
    assert len(code.splitlines()) <= 15
    for sample in made.samples:
        exec(code.replace(made.samples[0].picture, sample.picture), {})
        said, answer = capsys.readouterr().out, sample.expected["model.onnx"].answer
        if answer["status"] == "refused":
            assert said == f"not graded: {', '.join(answer['reasons'])}\n"
        else:
            *numbers, grade = re.sub("[()]|to ", "", said).split()
            expected = [answer[name] for name in ("ratio", "ratio_low", "ratio_high")]
            assert [float(one) for one in numbers] == pytest.approx(expected, abs=6e-5)
            assert grade == answer["grade"]


@pytest.mark.slow
def test_its_example_runs_as_it_stands(packed, made):
    code = card.text(made).split("```python\n")[1].split("```")[0]
    run = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", code], cwd=packed[0], capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    expected = made.samples[0].expected["model.onnx"].answer
    assert run.stdout.startswith(f"{expected['ratio']:.4f} ("), run.stderr


def test_numbers_have_three_digits_and_groups_their_names():
    found = list(measured({
        "mae": {"value": 0.0739981, "low": 0.05, "high": None, "images": 84},
        "by_grade": {"A": {"dice": {"value": 0.5, "low": 0.25, "high": 0.75}, "images": 12345}},
        "unknown": None,
    }))  # fmt: skip
    assert found == [
        ("mae", "0.074", "", "images 84"),
        ("by grade: A: dice", "0.5", "0.25 to 0.75", ""),
        ("by grade: A: images", "12345", "", ""),
    ]
    assert [plain(one) for one in (1234567.0, 123456.0, True, [0.5, 2])] == [
        "1.23e+06", "123456", "yes", "0.5, 2",
    ]  # fmt: skip
    assert table(("a",), []) == ""
