"""Row F, ours: is it as good as A at outlines and as C at grades?

The paper holds one such model to be impossible. It is *shown* if both point estimates are at least
equal and the paired intervals lie above -0.005 Dice and below +0.002 MAE, else *not shown*.
F's outlines are compared with A's; with those of A_longer, as F's phase 1 saw more images than A;
and, as F had a phase 2 and these had none, with those of D and D_longer, where they were run. F's
reported ratio is compared with C's direct answer, the paper's number, and with all that C gives
when it gets what F gets and is not F's own: the calibration by which it is read, and D's phase 2 on
top of it (C_head). F must meet the criterion against every such reading. Without A_longer or
C_head, or if the whole networks of A, C and F did not start alike and learn for as many epochs, or
A_longer saw fewer images than F, it is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.footing import lesser_training, unequal_start
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Score
from ivfgrade.comparison.verdicts import DICE_MARGIN, MAE_MARGIN, Verdict, unknown

ROUND_OFF = 1e-9
WHOLE_NETWORKS = ("A", "C", "C_head", "F")  # of C_head and F: their phase 1
NEEDED = ("A", "A_longer")  # always, so that the absence of one shows
AFTER_PHASE_2 = ("D", "D_longer")
DIRECT, FUSED, REPORTED = "error_direct", "error_fused", "error_reported"
OUTLINES, GRADE = Score("F", "dice"), Score("F", REPORTED)


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
class Criterion:
    answer: Literal["shown", "not shown", "cannot tell"]
    why: str


@dataclass(frozen=True)
class Comparison:
    name: str
    ours: Score
    theirs: Score
    found: Finding | Missing


@dataclass(frozen=True)
class FindingsOfF:
    """All that is asked of F, each difference once."""

    outlines: Mapping[str, Finding | Missing]  # row -> Dice of F less that row's
    grades: Mapping[Reading, Finding | Missing]  # reported MAE of F less that of the reading
    uneven: tuple[str, ...]  # in what the whole networks were not trained alike

    @property
    def why_uneven(self) -> str:
        return f"the whole networks were not trained alike ({'; '.join(self.uneven)})"

    @property
    def criteria(self) -> dict[Reading, Criterion]:
        """How F stands against each reading."""
        if self.uneven:
            return dict.fromkeys(self.grades, Criterion("not shown", self.why_uneven))
        return {one: judge_row(self.outlines, grade) for one, grade in self.grades.items()}

    def comparisons(self) -> Iterator[Comparison]:
        for row, found in self.outlines.items():
            yield Comparison(f"Dice, F - {row}", OUTLINES, Score(row, "dice"), found)
        for reading, found in self.grades.items():
            yield Comparison(f"MAE, F reported - {reading.name}", GRADE, reading.score, found)


def findings_of_f(study: Study) -> FindingsOfF:
    against = [*NEEDED, *(row for row in AFTER_PHASE_2 if study.has(Score(row, "dice")))]
    return FindingsOfF(
        {row: study.difference(OUTLINES, Score(row, "dice")) for row in against},
        {reading: study.difference(GRADE, reading.score) for reading in READINGS},
        (*unequal_start(study, WHOLE_NETWORKS), *lesser_training(study, "A_longer", "F")),
    )


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


def over_all(criteria: Mapping[Reading, Criterion]) -> Criterion:
    failed: dict[str, list[str]] = {}  # why -> names
    for reading, one in criteria.items():
        if one.answer != "shown":
            failed.setdefault(one.why, []).append(reading.name)
    if failed:
        whys = (f"against {' and '.join(names)}: {why}" for why, names in failed.items())
        return Criterion("not shown", "; ".join(whys))
    met = ", ".join(reading.name for reading in criteria)
    return Criterion("shown", f"the criterion is met against {met}")


def judge_one_model(found: FindingsOfF) -> Verdict:
    """That no model has both is refuted by one that does, and left open by one that fails: another
    might do it."""
    for one in found.comparisons():
        if isinstance(one.found, Missing):
            return unknown(one.found)
    if found.uneven:
        return Verdict("cannot tell", found.why_uneven)
    criteria = found.criteria
    if over_all(criteria).answer == "shown":
        why = "F reaches the Dice of every A and C's MAE within the set bounds, however C is read"
        return Verdict("does not hold", why)
    return Verdict("cannot tell", _how_far(found, criteria))


def _how_far(found: FindingsOfF, criteria: Mapping[Reading, Criterion]) -> str:
    """What a model that fails the criterion shows nevertheless."""
    reached = [reading.name for reading, one in criteria.items() if one.answer == "shown"]
    if reached:
        return f"F reaches the Dice of every A and the MAE of {' and '.join(reached)} only"
    worse = _clearly_worse(found)
    if worse:
        return f"F {' and '.join(worse)}; that one model fails does not show that none can do it"
    return "F is neither shown to reach both nor shown to miss one of them"


def _clearly_worse(found: FindingsOfF) -> list[str]:
    return [
        f"outlines worse than {row}"
        for row, one in found.outlines.items()
        if isinstance(one, Finding) and one.interval.high < 0
    ] + [
        f"grades worse than {reading.name}"
        for reading, one in found.grades.items()
        if isinstance(one, Finding) and one.interval.low > 0
    ]


def rows_ahead(study: Study) -> Iterator[dict[str, Any]]:
    """Rows with the better point estimate: others than those of the criterion may be better."""
    for row in study.rows:
        for column, better in (("dice", 1), (REPORTED, -1)):
            found = study.difference(Score(row, column), Score("F", column))
            if isinstance(found, Finding) and better * found.interval.value > ROUND_OFF:
                yield {"row": row, "score": column, "difference": found.numbers()}
