import numpy as np
import pytest

from ivfgrade.comparison.findings import Basis, Finding, Missing
from ivfgrade.comparison.ladder import Step, judge_row, ladder
from ivfgrade.comparison.trials import Trial
from ivfgrade.evaluation.bootstrap import Interval
from tests.comparison.made import all_rows, row, study, trials, truth

BASIS = Basis((2,), (), 20, 7)
STEPS = (
    Step("C", "error_direct", "start"),
    Step("C", "error_fused", "read through the calibration"),
    Step("F_gone", "error_fused", "never run"),
    Step("F", "error_reported", "the rest"),
)


def finding(value: float, low: float, high: float) -> Finding:
    return Finding(Interval(value, low, high), BASIS)


@pytest.mark.parametrize(
    ("dice", "mae", "answer"),
    [
        ((0.0, -0.0049, 0.01), (0.0, -0.01, 0.0019), "shown"),
        ((0.01, 0.005, 0.02), (-0.01, -0.02, -0.005), "shown"),
        ((0.0, -0.005, 0.01), (0.0, -0.01, 0.0019), "not shown"),  # Dice bound on the border
        ((0.0, -0.0049, 0.01), (0.0, -0.01, 0.002), "not shown"),  # MAE bound on the border
        ((-0.0001, -0.0049, 0.01), (0.0, -0.01, 0.0019), "not shown"),  # Dice lower
        ((0.0, -0.0049, 0.01), (0.0001, -0.01, 0.0019), "not shown"),  # MAE higher
    ],
)
def test_the_criterion_at_its_borders(dice, mae, answer):
    assert judge_row(finding(*dice), finding(*mae)).answer == answer


def test_each_failure_is_named():
    judged = judge_row(finding(-0.02, -0.03, -0.01), finding(0.02, 0.01, 0.03))
    for number in ("-0.0200", "-0.0300", "+0.0200", "+0.0300"):
        assert number in judged.why


def test_without_f_nothing_is_shown():
    judged = judge_row(Missing("row F was not run"), finding(0, -0.001, 0.001))
    assert (judged.answer, judged.why) == ("not shown", "row F was not run")
    rows = {name: table for name, table in all_rows(truth(), 2).items() if name != "F"}
    numbers = ladder(study([Trial(2, None, rows)]))
    assert [one["answer"] for one in numbers["criterion"]] == ["not shown"] * 2


def test_both_readings_of_c_are_compared():
    made = trials()
    numbers = ladder(study(made))
    rows = made[0].rows
    assert [one["mae_of_c"] for one in numbers["criterion"]] == ["error_direct", "error_fused"]
    for one in numbers["criterion"]:
        gap = rows["F"]["error_reported"] - rows["C"][one["mae_of_c"]]
        assert one["mae_f_minus_c"]["value"] == pytest.approx(gap.mean(), abs=1e-6)
        outlines = rows["F"]["dice"] - rows["A"]["dice"]
        assert one["dice_f_minus_a"]["value"] == pytest.approx(outlines.mean(), abs=1e-6)


def test_steps_gain_over_the_last_one_that_ran():
    made = trials()
    start, reading, gone, last = ladder(study(made), STEPS)["steps"]
    rows = made[0].rows
    assert start["gain_dice"] is None
    assert start["gain_mae"] is None
    assert reading["gain_dice"] is None  # the same outlines
    own = rows["C"]["error_fused"] - rows["C"]["error_direct"]
    assert reading["gain_mae"]["value"] == pytest.approx(own.mean(), abs=1e-6)
    assert gone["mae"]["missing"] == "row F_gone was not run"
    assert last["after"] == {"row": "C", "grade": "error_fused"}
    gain = rows["F"]["error_reported"] - rows["C"]["error_fused"]
    assert last["gain_mae"]["value"] == pytest.approx(gain.mean(), abs=1e-6)
    assert last["gain_mae"]["low"] < last["gain_mae"]["value"] < last["gain_mae"]["high"]


def test_quick_profile_shows_nothing():
    numbers = ladder(study(machinery_only=True))
    assert {one["answer"] for one in numbers["criterion"]} == {"cannot tell"}
    assert np.isfinite(numbers["criterion"][0]["dice_f_minus_a"]["value"])


def test_unequal_training_is_told():
    settings = {"A": {"epochs": 12, "init": "none"}, "C": {"epochs": 12, "init": "none"}}
    rows = {name: row(truth(), index) for index, name in enumerate("ACF")}
    equal = Trial(2, None, rows, settings={**settings, "F": settings["A"]})
    assert ladder(study([equal]))["unequal_footing"] == []
    longer = Trial(2, None, rows, settings={**settings, "F": {"epochs": 24, "init": "none"}})
    assert ladder(study([longer]))["unequal_footing"] == ["epochs: A 12, C 12, F 24"]
