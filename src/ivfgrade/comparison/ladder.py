"""Row F, ours: is it as good as A at outlines and as C at grades, and what did each step bring?

The paper holds one such model to be impossible. It is *shown* if both point estimates are at least
equal and the paired intervals lie above -0.005 Dice and below +0.002 MAE, else *not shown*.
F's outlines are compared with A's and, as F had a phase 2 and A had none, with those of D, which is
A with phase 2, where D was run. F's reported ratio is compared with C's direct answer, the paper's
number, and with all that C gives when it gets what F gets and is not F's own: the calibration by
which it is read, and D's phase 2 on top of it (C_head). F must meet the criterion against every
such reading. Without C_head, or if the whole networks of A, C and F did not start alike and learn
for as many epochs, it is not shown.

Steps are kept by their gains on the validation patients, before any test image is looked at; both
are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.footing import unequal_footing, unequal_start
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Score
from ivfgrade.comparison.verdicts import DICE_MARGIN, MAE_MARGIN

ROUND_OFF = 1e-9
WHOLE_NETWORKS = ("A", "C", "C_head", "F")  # of C_head and F: their phase 1
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


def outline_differences(study: Study) -> dict[str, Finding | Missing]:
    """Row -> Dice of F less that row's: A always, so that its absence shows; D where it exists."""
    against = ("A", "D") if study.has(Score("D", "dice")) else ("A",)
    return {row: study.difference(Score("F", "dice"), Score(row, "dice")) for row in against}


def grade_difference(study: Study, reading: Reading) -> Finding | Missing:
    return study.difference(Score("F", "error_reported"), reading.score)


def judge_row(outlines: Mapping[str, Finding | Missing], grade: Finding | Missing) -> Criterion:
    """`outlines` by the row that F is held against."""
    failures: list[str] = []
    for row, found in outlines.items():
        if isinstance(found, Missing):
            return Criterion("not shown", found.reason)
        dice = found.interval
        if dice.value < -ROUND_OFF:
            failures.append(f"Dice is {dice.value:+.4f} from {row}'s")
        if dice.low <= -DICE_MARGIN:
            failures.append(f"Dice may be {dice.low:+.4f} from {row}'s")
    if isinstance(grade, Missing):
        return Criterion("not shown", grade.reason)
    mae = grade.interval
    if mae.value > ROUND_OFF:
        failures.append(f"MAE is {mae.value:+.4f} from C's")
    if mae.high >= MAE_MARGIN:
        failures.append(f"MAE may be {mae.high:+.4f} from C's")
    if failures:
        return Criterion("not shown", "; ".join(failures))
    return Criterion("shown", "both point estimates and both bounds meet the criterion")


def judge_readings(study: Study) -> dict[str, Criterion]:
    """Name of the reading -> how F stands against it."""
    outlines = outline_differences(study)
    uneven = unequal_start(study, WHOLE_NETWORKS)
    if uneven:
        why = f"the whole networks were not trained alike ({'; '.join(uneven)})"
        return {one.name: Criterion("not shown", why) for one in READINGS}
    return {one.name: judge_row(outlines, grade_difference(study, one)) for one in READINGS}


def over_all(criteria: Mapping[str, Criterion]) -> Criterion:
    failed: dict[str, list[str]] = {}  # why -> names
    for name, one in criteria.items():
        if one.answer != "shown":
            failed.setdefault(one.why, []).append(name)
    if failed:
        whys = (f"against {' and '.join(names)}: {why}" for why, names in failed.items())
        return Criterion("not shown", "; ".join(whys))
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
        "criterion": [_criterion(study, one, criteria[one.name]) for one in READINGS],
        "unequal_footing": list(unequal_footing(study, ("A", "C", "C_head", "F"))),
        "ahead": list(ahead_of_f(study)),
        "steps": [_step(study, step) for step in steps],
    }


def ahead_of_f(study: Study) -> Iterator[dict[str, Any]]:
    """Rows with the better point estimate: the criterion knows A, C and D, and others may be better
    still."""
    for row in study.rows:
        for column, better in (("dice", 1), ("error_reported", -1)):
            found = study.difference(Score(row, column), Score("F", column))
            if isinstance(found, Finding) and better * found.interval.value > ROUND_OFF:
                yield {"row": row, "score": column, "difference": found.numbers()}


def _criterion(study: Study, reading: Reading, judged: Criterion) -> dict[str, Any]:
    outlines = outline_differences(study)
    return {
        "against": f"{_possessive(outlines)} outlines and {reading.name}",
        "row_of_c": reading.score.row,
        "mae_of_c": reading.score.column,
        "dice_f_minus_a": outlines["A"].numbers(),
        "dice_f_minus_d": outlines["D"].numbers() if "D" in outlines else None,
        "mae_f_minus_c": grade_difference(study, reading).numbers(),
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


def _possessive(rows: Iterable[str]) -> str:
    return " and ".join(f"{row}'s" for row in rows)
