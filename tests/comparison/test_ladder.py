"""What each step to row F brought, beside the step that it is added to."""

from dataclasses import replace

import numpy as np
import pytest

from ivfgrade.comparison.ladder import STEPS as LADDER
from ivfgrade.comparison.ladder import Step, ladder
from ivfgrade.comparison.ledger_text import ledger_text
from tests.comparison.made import (
    row,
    study,
    trials,
    truth,
    with_c_head,
)

STEPS = (
    Step("C", "error_direct", "start"),
    Step("C", "error_fused", "read through the calibration", after=("C", "error_direct")),
    Step("F_gone", "error_fused", "never run", after=("C", "error_fused")),
    Step("F", "error_reported", "the rest", after=("C", "error_fused")),
    Step("F", "error_reported", "on what was never run", after=("F_gone", "error_fused")),
)


def test_a_step_tells_its_gain_on_validation_beside_that_on_test():
    made = trials((2, 3))
    start, reading, gone, last, _ = ladder(study(made), STEPS)["steps"]
    gains = [
        one.validation["F"]["error_reported"] - one.validation["C"]["error_fused"] for one in made
    ]
    found = last["validation"]["gain_mae"]
    assert found["value"] == pytest.approx(np.nanmean(gains), abs=1e-6)
    assert found["low"] < found["value"] < found["high"]
    dice = np.mean([one.validation["C"]["dice"].mean() for one in made])
    assert start["validation"]["dice"]["value"] == pytest.approx(dice, abs=1e-6)
    assert (start["validation"]["gain_dice"], reading["validation"]["gain_dice"]) == (None, None)
    assert gone["validation"]["mae"]["missing"] == "row F_gone was not run"
    page = ledger_text(study(made), [], ladder(study(made), STEPS))
    assert "| to | validation: Dice | validation: gain | validation: MAE |" in page
    assert f"{found['value']:+.4f} (" in page


def test_without_validation_scores_the_steps_say_so():
    (step, *_) = ladder(study(with_c_head(0.05)), STEPS)["steps"]
    assert step["validation"]["mae"]["missing"] == "no scores of the validation patients were kept"


def test_each_step_gains_over_the_one_that_it_is_added_to():
    made = trials()
    start, reading, gone, last, astray = ladder(study(made), STEPS)["steps"]
    rows = made[0].rows
    assert (start["after"], start["gain_dice"], start["gain_mae"]) == (None, None, None)
    assert reading["gain_dice"] is None  # the same outlines
    own = rows["C"]["error_fused"] - rows["C"]["error_direct"]
    assert reading["gain_mae"]["value"] == pytest.approx(own.mean(), abs=1e-6)
    assert gone["mae"]["missing"] == gone["gain_mae"]["missing"] == "row F_gone was not run"
    assert last["after"] == {"row": "C", "grade": "error_fused"}
    gain = rows["F"]["error_reported"] - rows["C"]["error_fused"]
    assert last["gain_mae"]["value"] == pytest.approx(gain.mean(), abs=1e-6)
    assert last["gain_mae"]["low"] < last["gain_mae"]["value"] < last["gain_mae"]["high"]
    outlines = rows["F"]["dice"] - rows["C"]["dice"]
    assert last["gain_dice"]["value"] == pytest.approx(outlines.mean(), abs=1e-6)
    assert astray["gain_mae"]["missing"] == "row F_gone was not run"


def test_each_step_is_added_to_one_above_it():
    seen: set[tuple[str, str]] = set()
    for step in LADDER:
        assert step.after is None or step.after in seen
        assert (step.row, step.grade) not in seen
        seen.add((step.row, step.grade))
    # what is not F's own is applied to all, and each part of it is a step
    assert {(name, f"error_{read}") for name in ("A", "C", "C_head", "D", "F")
            for read in ("soft", "fused")} <= seen  # fmt: skip


@pytest.mark.parametrize("reported", ["error_fused", "error_direct"])  # plus and faithful
def test_the_ladder_ends_at_the_number_that_is_judged(reported):
    made = with_c_head(0.05)
    for name in ("D", "D_longer"):
        made[0].rows[name] = row(truth(), len(name), 0.70, 0.05)
    for name, table in made[0].rows.items():
        made[0].rows[name] = table.assign(error_reported=table[reported])
    numbers = ladder(study(made))
    judged = numbers["criterion"][0]["mae_f_minus_c"]["value"]
    steps = {(step["row"], step["grade"]): step for step in numbers["steps"]}
    start, f = steps["C", "error_direct"], steps["F", "error_reported"]
    assert f["mae"]["value"] - start["mae"]["value"] == pytest.approx(judged, abs=2e-6)
    gap = made[0].rows["F"][reported] - made[0].rows["D_longer"][reported]
    assert f["gain_mae"]["value"] == pytest.approx(gap.mean(), abs=1e-6)
    read_otherwise = steps["D", "error_reported"]["gain_mae"]["value"]
    assert (read_otherwise == 0) == (reported == "error_direct")


def test_steps_of_few_patients_keep_their_values():
    made = trials()
    few = {name: table[:12] for name, table in made[0].validation.items()}
    page = ledger_text(study(made), [], ladder(study([replace(made[0], validation=few)]), STEPS))
    gain = few["F"]["error_reported"] - few["C"]["error_fused"]
    assert f"| {gain.mean():+.4f}, no interval: patients with a value: 4, too few" in page
    assert f"| {few['C']['dice'].mean():.3f}, no interval: patients with" in page
