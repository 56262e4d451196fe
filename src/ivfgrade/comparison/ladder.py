"""Row F, ours: is it as good as A at outlines and as C at grades, and what did each step bring?

The paper holds one such model to be impossible. It is *shown* if both point estimates are at least
equal and the paired 95 % bounds lie above -0.005 Dice and below +0.002 MAE, else *not shown*.
F's reported ratio is compared with C's direct answer, the paper's number, and with C's fused one:
C read through the same calibration, without which part of F's gain would be mere reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.study import MACHINERY, Study
from ivfgrade.comparison.trials import Score
from ivfgrade.comparison.verdicts import DICE_MARGIN, MAE_MARGIN

ROUND_OFF = 1e-9
READINGS = {"error_direct": "C read directly", "error_fused": "C read through the calibration"}
EQUAL_FOOTING = ("init", "epochs", "train_images", "recipe")  # of row.json


@dataclass(frozen=True)
class Step:
    row: str
    grade: str  # the error column of the ratio that this step reports
    added: str


STEPS = (
    Step("C", "error_direct", "the paper's joint training, read directly"),
    Step("D", "error_direct", "decoupled training in place of joint training"),
    Step("D", "error_fused", "the same network, read through calibrated soft area and fusion"),
    Step("F", "error_fused", "range loss on the area that phase 1 outlines in weak images"),
)


@dataclass(frozen=True)
class Criterion:
    answer: Literal["shown", "not shown", "cannot tell"]
    why: str


def outline_difference(study: Study) -> Finding | Missing:
    return study.difference(Score("F", "dice"), Score("A", "dice"))


def grade_difference(study: Study, reading_of_c: str) -> Finding | Missing:
    return study.difference(Score("F", "error_reported"), Score("C", reading_of_c))


def judge_row(outline: Finding | Missing, grade: Finding | Missing) -> Criterion:
    for found in (outline, grade):
        if isinstance(found, Missing):
            return Criterion("not shown", found.reason)
    assert isinstance(outline, Finding)
    assert isinstance(grade, Finding)
    dice, mae = outline.interval, grade.interval
    failures = [
        text
        for text, passed in (
            (f"Dice is {dice.value:+.4f} from A's", dice.value >= -ROUND_OFF),
            (f"MAE is {mae.value:+.4f} from C's", mae.value <= ROUND_OFF),
            (f"Dice may be {dice.low:+.4f} from A's", dice.low > -DICE_MARGIN),
            (f"MAE may be {mae.high:+.4f} from C's", mae.high < MAE_MARGIN),
        )
        if not passed
    ]
    if failures:
        return Criterion("not shown", "; ".join(failures))
    return Criterion("shown", "both point estimates and both bounds meet the criterion")


def ladder(study: Study, steps: Sequence[Step] = STEPS) -> dict[str, Any]:
    outline = outline_difference(study)
    return {
        **study.facts(),
        "rule": {"dice_above": -DICE_MARGIN, "mae_below": MAE_MARGIN, "points": "at least equal"},
        "criterion": [_criterion(study, outline, column) for column in READINGS],
        "unequal_footing": unequal_footing(study, ("A", "C", "F")),
        "steps": _steps(study, steps),
    }


def _criterion(study: Study, outline: Finding | Missing, column: str) -> dict[str, Any]:
    grade = grade_difference(study, column)
    judged = judge_row(outline, grade)
    if study.machinery_only:
        judged = Criterion("cannot tell", MACHINERY)
    return {
        "against": f"A's outlines and {READINGS[column]}",
        "mae_of_c": column,
        "dice_f_minus_a": outline.numbers(),
        "mae_f_minus_c": grade.numbers(),
        "answer": judged.answer,
        "why": judged.why,
    }


def _steps(study: Study, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Each step against the one before it; a step that was not run is passed over, and named."""
    lines, before = [], None
    for step in steps:
        lines.append(_step(study, step, before))
        before = step if step.row in study.rows else before
    return lines


def _step(study: Study, step: Step, before: Step | None) -> dict[str, Any]:
    dice, mae = Score(step.row, "dice"), Score(step.row, step.grade)
    line = {**vars(step), "dice": study.mean(dice).numbers(), "mae": study.mean(mae).numbers()}
    if before is None:
        return {**line, "after": None, "gain_dice": None, "gain_mae": None}
    former = Score(before.row, "dice")
    return {
        **line,
        "after": {"row": before.row, "grade": before.grade},
        # the same network read otherwise has the same outlines
        "gain_dice": None if dice == former else study.difference(dice, former).numbers(),
        "gain_mae": study.difference(mae, Score(before.row, before.grade)).numbers(),
    }


def unequal_footing(study: Study, rows: Sequence[str]) -> list[str]:
    """Where the compared rows had other initialisation, data, recipe or training time."""
    remarks = []
    for name in EQUAL_FOOTING:
        values = {row: _setting(study, row, name) for row in rows if row in study.rows}
        if len({str(value) for value in values.values()}) > 1:
            remarks.append(f"{name}: " + ", ".join(f"{row} {v}" for row, v in values.items()))
    return remarks


def _setting(study: Study, row: str, name: str) -> Any:
    settings: list[Mapping[str, Any]] = [trial.settings.get(row, {}) for trial in study.trials]
    found = {
        str(setting.get(name, "unknown")): setting.get(name) for setting in settings if setting
    }
    return ", ".join(sorted(found)) if found else "unknown"
