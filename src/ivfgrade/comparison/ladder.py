"""Row F's ladder: what did each step bring that leads to it, and does F meet its criterion?

F was put together before any of its steps was measured. When a tried step joins, or one leaves, is
settled by gains on the validation patients (docs/choices.md), which stand beside those on the test
patients. The last steps to F are read as F is judged, by the ratio that the recipe reports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.footing import unequal_footing
from ivfgrade.comparison.row_f import (
    DIRECT,
    FUSED,
    REPORTED,
    WHOLE_NETWORKS,
    Criterion,
    FindingsOfF,
    Reading,
    findings_of_f,
    over_all,
    rows_ahead,
)
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Score
from ivfgrade.comparison.verdicts import DICE_MARGIN, MAE_MARGIN

HARD, SOFT = "error_hard", "error_soft"


@dataclass(frozen=True)
class Step:
    row: str
    grade: str  # the error column of the ratio that this step reports
    added: str
    after: tuple[str, str] | None = None  # row and grade of the step that it is added to


def _read_otherwise(row: str) -> tuple[Step, Step]:
    """What the calibration brings, which is nobody's own: by the mask first, then by both."""
    return (
        Step(row, SOFT, "the same network, read by calibrated soft area alone", (row, DIRECT)),
        Step(row, FUSED, "the same network, soft area fused with the direct answer", (row, SOFT)),
    )


AS_REPORTED = "the same network, read as the recipe reports: fused, or directly as before"
STEPS = (
    Step("C", DIRECT, "the paper's joint training, read directly"),
    Step("D", DIRECT, "decoupled training in place of joint training", ("C", DIRECT)),
    Step("D", REPORTED, AS_REPORTED, ("D", DIRECT)),
    Step(
        "D_longer",
        REPORTED,
        "phase 1 for as many image passes as those that take weak images, too",
        ("D", REPORTED),
    ),
    Step(
        "F",
        REPORTED,
        "range loss on the area that phase 1 outlines in weak images, in place of those passes",
        ("D_longer", REPORTED),
    ),
    Step(
        "F_likelihood",
        REPORTED,
        "likelihood of the grade's interval in place of the hinge, in phase 2",
        ("F", REPORTED),
    ),
    Step(
        "F_teacher",
        REPORTED,
        "gated EMA teacher on images with a grade, in phase 1",
        ("F", REPORTED),
    ),
    # what is not F's own, for A and C
    Step("A", HARD, "the paper's phase 1, read by the area of its hard mask"),
    Step("A", SOFT, "the same network, read by calibrated soft area", ("A", HARD)),
    Step("A", FUSED, "the same network, soft area fitted to the ratio", ("A", SOFT)),
    *_read_otherwise("C"),
    Step("C_head", DIRECT, "C, then D's phase 2 on top of it", ("C", DIRECT)),
    *_read_otherwise("C_head"),
    *_read_otherwise("D"),
    Step("F", DIRECT, "the same network, read directly", ("F", REPORTED)),
    *_read_otherwise("F"),
)


def ladder(study: Study, steps: Sequence[Step] = STEPS) -> dict[str, Any]:
    found = findings_of_f(study)
    criteria, overall = _criteria(study, found)
    return {
        **study.facts(),
        "rule": {"dice_above": -DICE_MARGIN, "mae_below": MAE_MARGIN, "points": "at least equal"},
        "answer": overall.answer,
        "why": overall.why,
        "criterion": [_criterion(found, reading, one) for reading, one in criteria.items()],
        "unequal_footing": list(unequal_footing(study, WHOLE_NETWORKS)),
        "ahead": list(rows_ahead(study)),
        "steps": [_step(study, step) for step in steps],
    }


def _criteria(study: Study, found: FindingsOfF) -> tuple[dict[Reading, Criterion], Criterion]:
    """Against each reading, and over all."""
    criteria = found.criteria
    if not study.machinery_only:
        return criteria, over_all(criteria)
    untold = Criterion("cannot tell", study.machinery)
    return dict.fromkeys(criteria, untold), untold


def _criterion(found: FindingsOfF, reading: Reading, judged: Criterion) -> dict[str, Any]:
    return {
        "against": reading.name,
        "row_of_c": reading.score.row,
        "mae_of_c": reading.score.column,
        "dice_f_minus": {row: one.numbers() for row, one in found.outlines.items()},
        "mae_f_minus_c": found.grades[reading].numbers(),
        "answer": judged.answer,
        "why": judged.why,
    }


def _step(study: Study, step: Step) -> dict[str, Any]:
    return {
        "row": step.row,
        "grade": step.grade,
        "added": step.added,
        "after": {"row": step.after[0], "grade": step.after[1]} if step.after else None,
        **_scores(step, study.mean, study.difference),
        "validation": _scores(step, study.validation_mean, study.validation_difference),
    }


def _scores(
    step: Step,
    mean: Callable[[Score], Finding | Missing],
    difference: Callable[[Score, Score], Finding | Missing],
) -> dict[str, Any]:
    """Of the step, and what it gains over the one that it is added to."""
    dice, mae = Score(step.row, "dice"), Score(step.row, step.grade)
    levels = {"dice": mean(dice).numbers(), "mae": mean(mae).numbers()}
    if step.after is None:
        return {**levels, "gain_dice": None, "gain_mae": None}
    row, grade = step.after
    # the same network read otherwise has the same outlines
    gained = None if row == step.row else difference(dice, Score(row, "dice")).numbers()
    return {
        **levels,
        "gain_dice": gained,
        "gain_mae": difference(mae, Score(row, grade)).numbers(),
    }
