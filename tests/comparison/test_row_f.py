"""Is one model as good as A at outlines and as C at grades?"""

from dataclasses import replace

import numpy as np
import pytest

from ivfgrade.comparison.claims import CLAIMS
from ivfgrade.comparison.findings import Basis, Finding, Missing
from ivfgrade.comparison.ladder import ladder
from ivfgrade.comparison.ledger import ledger
from ivfgrade.comparison.row_f import judge_row
from ivfgrade.comparison.study import Study
from ivfgrade.evaluation.bootstrap import Interval
from tests.comparison.made import (
    ALIKE,
    a_trial,
    all_rows,
    another,
    row,
    study,
    trials,
    truth,
    with_c_head,
)

BASIS = Basis((2,), (), 20, 7)


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
    assert judge_row({"A": finding(*dice)}, finding(*mae)).answer == answer


def test_each_failure_is_named():
    judged = judge_row({"A": finding(-0.02, -0.03, -0.01)}, finding(0.02, 0.01, 0.03))
    for number in ("-0.0200", "-0.0300", "+0.0200", "+0.0300"):
        assert number in judged.why


def test_without_f_nothing_is_shown():
    judged = judge_row({"A": Missing("row F was not run")}, finding(0, -0.001, 0.001))
    assert (judged.answer, judged.why) == ("not shown", "row F was not run")
    rows = {name: table for name, table in all_rows(truth(), 2).items() if name != "F"}
    numbers = ladder(study([a_trial(2, None, rows)]))
    assert [one["answer"] for one in numbers["criterion"]] == ["not shown"] * 4


def test_both_readings_of_c_are_compared():
    made = trials()
    numbers = ladder(study(made))
    rows = made[0].rows
    own = [one for one in numbers["criterion"] if one["row_of_c"] == "C"]
    assert [one["mae_of_c"] for one in own] == ["error_direct", "error_fused"]
    for one in own:
        gap = rows["F"]["error_reported"] - rows["C"][one["mae_of_c"]]
        assert one["mae_f_minus_c"]["value"] == pytest.approx(gap.mean(), abs=1e-6)
        outlines = rows["F"]["dice"] - rows["A"]["dice"]
        assert one["dice_f_minus"]["A"]["value"] == pytest.approx(outlines.mean(), abs=1e-6)
        after = rows["F"]["dice"] - rows["D"]["dice"]
        assert one["dice_f_minus"]["D"]["value"] == pytest.approx(after.mean(), abs=1e-6)
        assert one["against"].startswith("C read")
        assert list(one["dice_f_minus"]) == ["A", "A_longer", "D"]


@pytest.mark.parametrize(("control", "met"), [("C_head", 2), ("A_longer", 0)])
def test_without_its_controls_f_is_not_shown(control, met):
    made = with_c_head(0.05)
    del made[0].rows[control]
    numbers = ladder(study(made))
    answers = ["shown"] * met + ["not shown"] * (4 - met)
    assert [one["answer"] for one in numbers["criterion"]] == answers
    assert numbers["answer"] == "not shown"
    assert numbers["why"].count(f"row {control} was not run") == 1


@pytest.mark.parametrize("control", ["D", "A_longer"])
def test_f_must_also_reach_the_outlines_of_a_with_what_f_had(control):
    made = with_c_head(0.05)
    assert [*ladder(study(made))["criterion"][0]["dice_f_minus"]] == ["A", "A_longer"]
    made[0].rows[control] = row(truth(), 9, 0.80, 0.05, spread=1e-4)
    numbers = ladder(study(made))
    assert numbers["answer"] == "not shown"
    assert f"from {control}'s" in numbers["why"]
    assert "from A's" not in numbers["why"]


@pytest.mark.parametrize(
    ("of_f", "reason"),
    [
        ({"epochs": 24}, "epochs: A 12, C 12, C_head 12, F 24"),
        ({"init": "imagenet"}, "init: A none, C none, C_head none, F imagenet"),
        ({"image_passes": 99}, None),  # what weak images bring, and A_longer has
        ({"image_passes": 100}, "image_passes: A_longer 99, F 100"),
    ],
)
def test_f_is_not_shown_by_a_longer_training_or_another_start(of_f, reason):
    (made,) = with_c_head(0.05)
    whole = {**ALIKE, "image_passes": 12}
    phase_2 = {"epochs": 7, "phase_1": {**whole, **of_f}}
    longer = {**whole, "image_passes": 99}
    settings = {
        "A": whole,
        "A_longer": longer,
        "C": whole,
        "C_head": {"phase_1": whole},
        "F": phase_2,
    }
    numbers = ladder(study([another(made, settings=settings)]))
    assert numbers["answer"] == ("not shown" if reason else "shown")
    assert (
        reason is None or f"the whole networks were not trained alike ({reason}" in numbers["why"]
    )


def test_a_start_that_nobody_noted_is_not_equal():
    (made,) = with_c_head(0.05)
    silent = dict.fromkeys(made.rows, {"epochs": 12})
    numbers = ladder(study([another(made, settings=silent)]))
    assert numbers["answer"] == "not shown"
    assert "init: A unknown, C unknown, C_head unknown, F unknown" in numbers["why"]


@pytest.mark.parametrize("silent", [{"C_head": None}, {"C_head": {}}, dict.fromkeys("ACF")])
def test_a_row_of_whose_training_nothing_is_known_is_told(silent):
    (made,) = with_c_head(0.05)
    given = {row: about for row, about in {**made.settings, **silent}.items() if about is not None}
    numbers = ladder(study([another(made, settings=given)]))
    assert numbers["answer"] == "not shown"
    for name in silent:
        assert f"{name} unknown" in numbers["why"]
    assert numbers["unequal_footing"] == []  # a remark is of what two rows say


def test_one_trial_that_is_silent_is_enough():
    (made,) = with_c_head(0.05)
    silent = another(made, training_seed=3, settings={})
    assert ladder(study([made]))["answer"] == "shown"
    why = ladder(study([made, silent]))["why"]
    assert "epochs: A 12 or unknown, C 12 or unknown" in why


def test_each_difference_of_f_is_resampled_once(monkeypatch):
    made, asked, difference = study(with_c_head(0.05)), [], Study.difference

    def counted(self, *scores):
        if scores[1].column != "error_constant":  # that of C is a remark on each of its readings
            asked.append(scores)
        return difference(self, *scores)

    monkeypatch.setattr(Study, "difference", counted)
    (one_model,) = [claim for claim in CLAIMS if claim.id == "one-model-cannot-have-both"]
    for compare in (lambda: ladder(made, []), lambda: ledger(made, [one_model])):
        asked.clear()
        compare()
        assert len(asked) == len(set(asked)) >= 5


def test_f_must_also_beat_c_after_its_own_phase_2():
    numbers = ladder(study(with_c_head(0.05)))
    assert [(one["row_of_c"], one["mae_of_c"]) for one in numbers["criterion"]] == [
        (name, reading) for name in ("C", "C_head") for reading in ("error_direct", "error_fused")
    ]
    assert numbers["answer"] == "shown"
    beaten = ladder(study(with_c_head(0.001)))
    assert [one["answer"] for one in beaten["criterion"]] == ["shown"] * 2 + ["not shown"] * 2
    assert beaten["answer"] == "not shown"
    assert "against C given F's phase 2 too, read directly: MAE is +" in beaten["why"]
    assert "against C read directly" not in beaten["why"]


def test_a_row_that_is_better_than_f_is_named_whatever_the_criterion_says():
    best = row(truth(), 9, 0.80, 0.05, spread=1e-4)
    trial = with_c_head(0.05)[0]
    assert ladder(study([trial]))["ahead"] == []
    found = ladder(study([replace(trial, rows={**trial.rows, "Baseline": best})]))
    assert found["answer"] == "shown"
    assert [(one["row"], one["score"]) for one in found["ahead"]] == [("Baseline", "dice")]
    assert found["ahead"][0]["difference"]["value"] == pytest.approx(0.05, abs=1e-3)


def test_quick_profile_shows_nothing():
    numbers = ladder(study(machinery_only=True))
    assert {one["answer"] for one in numbers["criterion"]} == {numbers["answer"]} == {"cannot tell"}
    assert "made with the profile small, which proves the machinery only" in numbers["why"]
    assert np.isfinite(numbers["criterion"][0]["dice_f_minus"]["A"]["value"])
