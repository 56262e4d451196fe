"""What the page says of heat maps, from what their stage left, now or in an older version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from ivfgrade.heat_words import CHANGES, STAYS, UNCERTAIN
from ivfgrade.htmlreport.evidence import Focus, figures_in, focus_of
from tests.htmlreport.drawn import write_focus

KEPT = Path(__file__).resolve().parents[2] / "results/equal-epochs/seed-2/focus"
WHY = "only 3 of at least 6 redrawn networks; fewer can agree by chance"


def read(folder: Path, row: str) -> Focus:
    return focus_of(folder, [row])[0]


def test_a_control_of_too_few_draws_is_not_said_to_be_undecided_by_its_interval(tmp_path):
    write_focus(tmp_path, "D", UNCERTAIN, WHY)
    (doubt,) = read(tmp_path, "D").doubts
    assert f"cannot be told: {WHY} (rank correlation 0.86" in doubt
    assert "with the head alone redrawn" in doubt
    assert "neither clearly the same" not in doubt


@pytest.mark.parametrize(
    ("verdict", "words"),
    [(CHANGES, None), (STAYS, "fails its control"), (UNCERTAIN, "neither clearly the same")],
)
def test_a_control_that_decided_is_said_by_its_verdict(tmp_path, verdict, words):
    write_focus(tmp_path, "D", verdict)
    doubts = read(tmp_path, "D").doubts
    assert len(doubts) == (words is not None)
    assert all(words in doubt for doubt in doubts)


@pytest.mark.parametrize("row", ["B2", "C", "D"])
def test_kept_results_of_three_draws_stay_readable(tmp_path, row):
    kept = (KEPT / f"{row}.json").read_text()
    (tmp_path / row).mkdir()
    (tmp_path / row / "metrics.json").write_text(kept)
    control = json.loads(kept)["gradcam_pp"]["control"]["head"]
    gradcam = read(tmp_path, row).looks[0].controls[0]
    assert (gradcam.verdict, gradcam.why) == (control["verdict"], control.get("why", ""))


def test_a_figure_that_nobody_described_is_called_after_its_file(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "glcm_by_grade.png")
    assert [one.title for one in figures_in(tmp_path)] == ["Glcm by grade"]
