"""What stands beside a comparison that its interval does not say.

A difference on the test patients may have the other sign on the validation patients: the same
networks, other embryos. And a row may answer no better than a constant, the training images' median
ratio, whatever it is compared with.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.tables import ERRORS
from ivfgrade.comparison.trials import Score
from ivfgrade.comparison.wording import difference_name, signed
from ivfgrade.evaluation.bootstrap import Interval

CONSTANT = "error_constant"


def remarks(study: Study, first: Score, second: Score, found: Finding | Missing) -> tuple[str, ...]:
    return (*_contradiction(study, first, second, found), *_blind(study, (first, second)))


def _contradiction(
    study: Study, first: Score, second: Score, found: Finding | Missing
) -> Iterator[str]:
    """Two signs of which neither is certain are chance, and not told."""
    validated = study.validation_difference(first, second)
    if isinstance(found, Missing) or isinstance(validated, Missing):
        return
    on_test, on_validation = found.interval, validated.interval
    if on_test.value * on_validation.value >= 0:
        return
    if _excludes_0(on_validation):
        yield f"on the validation patients it is the other way round: {signed(validated.numbers())}"
    elif _excludes_0(on_test):
        yield f"the validation patients do not confirm it: {signed(validated.numbers())}"


def _blind(study: Study, scores: tuple[Score, Score]) -> Iterator[str]:
    """Of errors of the ratio: the rows not shown to be better than one that sees no image."""
    for score in dict.fromkeys(scores):
        if score.column not in ERRORS:
            continue
        constant = Score(score.row, CONSTANT)
        found = study.difference(score, constant)
        if isinstance(found, Finding) and found.interval.high >= 0:
            name = difference_name(score, constant)
            yield f"not shown to be better than the best constant: {name} {signed(found.numbers())}"


def _excludes_0(found: Interval) -> bool:
    return found.low > 0 or found.high < 0
