"""Row F, ours: is it as good as A at outlines and as C at grades, and what did each step bring?

The paper holds one such model to be impossible. It is *shown* if both point estimates are at least
equal and the paired intervals lie above -0.005 Dice and below +0.002 MAE, else *not shown*.
F's reported ratio is compared with C's direct answer, the paper's number, and with all that C gives
when it gets what F gets and is not F's own: the calibration by which it is read, and D's phase 2 on
top of it (C_head). F must meet the criterion against every such reading that is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.footing import unequal_footing
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Score
from ivfgrade.comparison.verdicts import DICE_MARGIN, MAE_MARGIN

ROUND_OFF = 1e-9
DIRECT, HARD, SOFT, FUSED = "error_direct", "error_hard", "error_soft", "error_fused"


@dataclass(frozen=True)
class Reading:
    """One answer of C, or of C trained on as F was."""

    name: str
    score: Score


READINGS = (
    Reading("C read directly", Score("C", DIRECT)),
    Reading("C read through the calibration", Score("C", FUSED)),
    Reading("C given F's phase 2 too, read directly", Score("C_head", DIRECT)),
    Reading("C given F's phase 2 too, read through the calibration", Score("C_head", FUSED)),
)


@dataclass(frozen=True)
class Step:
    row: str
    grade: str  # the error column of the ratio that this step reports
    added: str
    after: tuple[str, str] | None = None  # row and grade of the step that it is added to


READ_BY_BOTH = "the same network, read through calibrated soft area and fusion"
STEPS = (
    Step("C", DIRECT, "the paper's joint training, read directly"),
    Step("D", DIRECT, "decoupled training in place of joint training", ("C", DIRECT)),
    Step("D", FUSED, READ_BY_BOTH, ("D", DIRECT)),
    Step("F", FUSED, "range loss on the area that phase 1 outlines in weak images", ("D", FUSED)),
    Step(
        "F_likelihood",
        FUSED,
        "likelihood of the grade's interval in place of the hinge, in phase 2",
        ("F", FUSED),
    ),
    Step("F_teacher", FUSED, "gated EMA teacher on images with a grade, in phase 1", ("F", FUSED)),
    # what is not F's own, for A and C
    Step("A", HARD, "the paper's phase 1, read by the area of its hard mask"),
    Step("A", SOFT, "the same network, read by calibrated soft area", ("A", HARD)),
    Step("A", FUSED, "the same network, soft area fitted to the ratio", ("A", SOFT)),
    Step("C", FUSED, READ_BY_BOTH, ("C", DIRECT)),
    Step("C_head", DIRECT, "C, then D's phase 2 on top of it", ("C", DIRECT)),
    Step("C_head", FUSED, READ_BY_BOTH, ("C_head", DIRECT)),
)


@dataclass(frozen=True)
class Criterion:
    answer: Literal["shown", "not shown", "cannot tell"]
    why: str


def readings(study: Study) -> list[Reading]:
    """C's own always, so that its absence shows; those of C_head where they exist."""
    return [one for one in READINGS if one.score.row == "C" or study.has(one.score)]


def outline_difference(study: Study) -> Finding | Missing:
    return study.difference(Score("F", "dice"), Score("A", "dice"))


def grade_difference(study: Study, reading: Reading) -> Finding | Missing:
    return study.difference(Score("F", "error_reported"), reading.score)


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


def judge_readings(study: Study) -> dict[str, Criterion]:
    """Name of the reading -> how F stands against it."""
    outline = outline_difference(study)
    return {one.name: judge_row(outline, grade_difference(study, one)) for one in readings(study)}


def over_all(criteria: Mapping[str, Criterion]) -> Criterion:
    failed = {name: one for name, one in criteria.items() if one.answer != "shown"}
    if failed:
        return Criterion(
            "not shown", "; ".join(f"against {name}: {one.why}" for name, one in failed.items())
        )
    return Criterion("shown", f"the criterion is met against {', '.join(criteria)}")


def ladder(study: Study, steps: Sequence[Step] = STEPS) -> dict[str, Any]:
    criteria = judge_readings(study)
    overall = over_all(criteria)
    if study.machinery_only:
        overall = Criterion("cannot tell", study.machinery)
        criteria = dict.fromkeys(criteria, overall)
    return {
        **study.facts(),
        "rule": {"dice_above": -DICE_MARGIN, "mae_below": MAE_MARGIN, "points": "at least equal"},
        "answer": overall.answer,
        "why": overall.why,
        "criterion": [_criterion(study, one, criteria[one.name]) for one in readings(study)],
        "unequal_footing": list(unequal_footing(study, ("A", "C", "C_head", "F"))),
        "steps": [_step(study, step) for step in steps],
    }


def _criterion(study: Study, reading: Reading, judged: Criterion) -> dict[str, Any]:
    return {
        "against": f"A's outlines and {reading.name}",
        "row_of_c": reading.score.row,
        "mae_of_c": reading.score.column,
        "dice_f_minus_a": outline_difference(study).numbers(),
        "mae_f_minus_c": grade_difference(study, reading).numbers(),
        "answer": judged.answer,
        "why": judged.why,
    }


def _step(study: Study, step: Step) -> dict[str, Any]:
    dice, mae = Score(step.row, "dice"), Score(step.row, step.grade)
    line = {
        "row": step.row,
        "grade": step.grade,
        "added": step.added,
        "dice": study.mean(dice).numbers(),
        "mae": study.mean(mae).numbers(),
    }
    if step.after is None:
        return {**line, "after": None, "gain_dice": None, "gain_mae": None}
    row, grade = step.after
    return {
        **line,
        "after": {"row": row, "grade": grade},
        # the same network read otherwise has the same outlines
        "gain_dice": None if row == step.row else _gain(study, dice, Score(row, "dice")),
        "gain_mae": _gain(study, mae, Score(row, grade)),
    }


def _gain(study: Study, score: Score, before: Score) -> dict[str, Any]:
    return study.difference(score, before).numbers()
