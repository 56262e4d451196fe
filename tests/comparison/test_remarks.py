"""What is told beside a difference: validation that contradicts it, rows that see nothing."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from ivfgrade.comparison.claim import Claim, Contrast, dice, direct, lower
from ivfgrade.comparison.ledger import ledger, ledger_numbers
from ivfgrade.comparison.ledger_text import ledger_text
from ivfgrade.comparison.remarks import remarks
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Score
from ivfgrade.comparison.wording import NAMES
from tests.comparison.made import PER_PATIENT, VALIDATED, row, study, trials, truth

Means = tuple[float, float]  # of A and of C


def with_dice(test: Means, validation: Means, spread: tuple[float, float] = (0.0, 0.0)) -> Study:
    """Mean Dice of A and C on both parts of the patients, and by how much A scatters between them.

    Beside a scatter of 0.3 a difference of 0.01 is nothing, between so few patients."""
    parts = (("test", 0, test, spread[0]), ("validation", VALIDATED, validation, spread[1]))
    made = {part: _rows(truth(first=first), means, wide) for part, first, means, wide in parts}
    (trial,) = trials()
    return study([replace(trial, rows=made["test"], validation=made["validation"])])


def _rows(known: pd.DataFrame, means: Means, wide: float) -> dict[str, pd.DataFrame]:
    of_a, of_c = (row(known, index, mean, spread=0.0) for index, mean in enumerate(means))
    patient = of_a["patient"].rank(method="dense").where(of_a["dice"].notna())
    apart = (patient - patient.mean()) / patient.std()
    return {"A": of_a.assign(dice=of_a["dice"] + wide * apart), "C": of_c}


def beside(judged: Study) -> tuple[str, ...]:
    return remarks(judged, dice("A"), dice("C"), judged.difference(dice("A"), dice("C")))


def test_validation_that_is_certain_of_the_other_sign_is_told_with_its_numbers():
    judged = with_dice((0.7, 0.6), (0.5, 0.6))
    (told,) = beside(judged)
    found = judged.validation_difference(dice("A"), dice("C")).interval
    assert found.value == pytest.approx(-0.1, abs=0.01)
    assert told.startswith("on the validation patients it is the other way round")
    assert f": {found.value:+.4f} ({found.low:+.4f} to" in told


@pytest.mark.parametrize(
    ("test", "validation", "spread", "told"),
    [
        ((0.7, 0.6), (0.6, 0.5), (0.0, 0.0), ""),  # the same sign
        ((0.7, 0.6), (0.59, 0.6), (0.0, 0.3), "do not confirm it"),  # certain on test alone
        ((0.59, 0.6), (0.7, 0.6), (0.3, 0.0), "the other way round"),  # on validation alone
        ((0.59, 0.6), (0.61, 0.6), (0.3, 0.3), ""),  # two signs, nothing certain
    ],
)
def test_what_is_certain_on_one_part_is_told_where_the_other_disagrees(
    test, validation, spread, told
):
    judged = with_dice(test, validation, spread)
    scores = dice("A"), dice("C")
    for found, means, wide in zip(
        (judged.difference(*scores), judged.validation_difference(*scores)),
        (test, validation), spread, strict=True,
    ):  # fmt: skip
        interval = found.interval
        assert interval.value == pytest.approx(means[0] - means[1], abs=1e-6)
        assert (interval.low <= 0 <= interval.high) == (wide > 0)
    assert [told in line for line in beside(judged)] == [True] * bool(told)


def test_a_difference_without_validation_has_no_remark():
    judged = with_dice((0.7, 0.6), (0.5, 0.6))
    assert beside(study([replace(trial, validation={}) for trial in judged.trials])) == ()


def as_bad_as_a_constant(name: str, worse: Any = 1e-3, column: str = "error_direct") -> Study:
    (trial,) = trials()
    table = trial.rows[name]
    blind = table.assign(**{column: table["error_constant"] + worse})
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


def test_a_row_that_may_be_no_better_is_told_and_one_that_is_better_is_not():
    for change, is_told in (
        (-1e-3, False),
        (pd.Series(([-0.06] * PER_PATIENT + [0.05] * PER_PATIENT) * 4), True),
    ):
        judged = as_bad_as_a_constant("B1", change)
        found = judged.difference(direct("B1"), Score("B1", "error_constant"))
        assert found.interval.value < 0
        told = remarks(judged, direct("B2"), direct("B1"), found)
        assert any("best constant" in line for line in told) == is_told


def test_a_row_on_both_sides_is_told_once_and_outlines_have_no_constant():
    judged = as_bad_as_a_constant("B1")
    twice = judged.difference(direct("B1"), direct("B1"))
    assert len(remarks(judged, direct("B1"), direct("B1"), twice)) == 1
    outlines = judged.difference(dice("A"), dice("C"))
    assert not any("constant" in line for line in remarks(judged, dice("A"), dice("C"), outlines))


@pytest.mark.parametrize("column", ["error_reported", "error_hard"])
def test_every_error_of_the_ratio_is_held_against_the_constant(column):
    judged = as_bad_as_a_constant("C", column=column)
    scores = Score("C", column), Score("D", column)
    told = remarks(judged, *scores, judged.difference(*scores))
    assert any(f"C, {NAMES[column]} - MAE of the best constant" in line for line in told)


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
