"""What is told beside a difference: validation that contradicts it, rows that see nothing."""

from dataclasses import replace

import pytest

from ivfgrade.comparison.claim import Claim, Contrast, dice, direct, lower
from ivfgrade.comparison.ledger import ledger, ledger_numbers
from ivfgrade.comparison.ledger_text import ledger_text
from ivfgrade.comparison.remarks import remarks
from ivfgrade.comparison.study import Study
from tests.comparison.made import VALIDATED, row, study, trials, truth

ROWS = ("A", "C")


def with_dice(test: tuple[float, float], validation: tuple[float, float], spread: float) -> Study:
    """Mean Dice of A and C on both parts of the patients."""
    made = {
        part: {
            name: row(truth(first=first), index + 7 * first, mean, spread=spread)
            for index, (name, mean) in enumerate(zip(ROWS, means, strict=True))
        }
        for part, first, means in (("test", 0, test), ("validation", VALIDATED, validation))
    }
    (trial,) = trials()
    return study([replace(trial, rows=made["test"], validation=made["validation"])])


def beside(judged: Study) -> tuple[str, ...]:
    return remarks(judged, dice("A"), dice("C"), judged.difference(dice("A"), dice("C")))


def test_validation_of_the_other_sign_is_told_with_its_numbers():
    judged = with_dice((0.7, 0.6), (0.5, 0.6), 1e-3)
    (told,) = beside(judged)
    found = judged.validation_difference(dice("A"), dice("C")).interval
    assert found.value == pytest.approx(-0.1, abs=0.01)
    assert f"say otherwise: {found.value:+.4f} ({found.low:+.4f} to" in told


@pytest.mark.parametrize(
    ("validation", "spread"),
    [((0.6, 0.5), 1e-3), ((0.699, 0.700), 0.4)],  # the same sign, and nothing certain
)
def test_validation_that_agrees_or_is_chance_is_not_told(validation, spread):
    test = (0.7, 0.6) if spread < 0.1 else (0.7001, 0.7)
    assert beside(with_dice(test, validation, spread)) == ()


def test_a_difference_without_validation_has_no_remark():
    judged = with_dice((0.7, 0.6), (0.5, 0.6), 1e-3)
    assert beside(study([replace(trial, validation={}) for trial in judged.trials])) == ()


def as_bad_as_a_constant(name: str) -> Study:
    (trial,) = trials()
    blind = trial.rows[name].assign(error_direct=trial.rows[name]["error_constant"] + 1e-3)
    return study([replace(trial, rows={**trial.rows, name: blind}, validation={})])


@pytest.mark.parametrize("name", ["B1", "B2"])
def test_a_row_no_better_than_a_constant_is_told_whichever_side_it_stands_on(name):
    judged = as_bad_as_a_constant(name)
    told = remarks(
        judged, direct("B2"), direct("B1"), judged.difference(direct("B2"), direct("B1"))
    )
    assert [line.split(":")[0] for line in told] == [
        "not shown to be better than the best constant"
    ]
    assert f"{name}, MAE direct - MAE of the best constant +0.0010" in told[0]


def test_remarks_stand_in_the_ledger_as_numbers_and_as_text():
    judged = as_bad_as_a_constant("B1")
    part: Contrast = lower(direct("B2"), direct("B1"))
    claim = Claim("weak", "weak images help", "II", "", "direction without a number", (part,))
    entries = ledger(judged, [claim])
    numbers = ledger_numbers(judged, entries)["claims"][0]["ours"][0]
    assert len(numbers["remarks"]) == 1
    page = ledger_text(judged, entries, {"criterion": [], "unequal_footing": [], "steps": [],
                                         "answer": "cannot tell", "why": ""})  # fmt: skip
    assert f"## To be read beside\n\n- MAE direct, B2 - B1: {numbers['remarks'][0]}" in page
    assert "read beside" not in ledger_text(study(), [], {"criterion": [], "steps": [],
        "unequal_footing": [], "answer": "", "why": ""})  # fmt: skip
