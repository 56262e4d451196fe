"""The claims ledger: each claim, the paper's numbers, ours with intervals, the verdict and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ivfgrade.comparison.claim import (
    AtLeast,
    Border,
    Claim,
    Contrast,
    NearerZero,
    OneModel,
    Part,
    Same,
    Steadier,
)
from ivfgrade.comparison.claims import CLAIMS, NOT_TESTED
from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.footing import unequal_footing
from ivfgrade.comparison.heat import doubts
from ivfgrade.comparison.measured import DIFFERENCES, KEYS, Measured, measure
from ivfgrade.comparison.remarks import remarks
from ivfgrade.comparison.row_f import findings_of_f, judge_one_model
from ivfgrade.comparison.rules import rules
from ivfgrade.comparison.stability import spread_difference
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.verdicts import (
    Verdict,
    joined,
    judge_at_least,
    judge_border,
    judge_direction,
    judge_same,
    unknown,
)
from ivfgrade.comparison.wording import difference_name
from ivfgrade.evaluation.bootstrap import Interval

Judge = Callable[[Interval], Verdict]
BetweenScores = Contrast | Same | AtLeast


@dataclass(frozen=True)
class Judged:
    """One comparison of a claim."""

    name: str
    found: Finding | Missing
    verdict: Verdict
    is_level: bool = False  # a level, not a difference
    footing: tuple[str, ...] = ()  # where the compared rows were not trained alike
    remarks: tuple[str, ...] = ()

    def numbers(self) -> dict[str, Any]:
        return {
            "what": self.name,
            "is_level": self.is_level,
            "footing": list(self.footing),
            "remarks": list(self.remarks),
            **self.found.numbers(),
        }


@dataclass(frozen=True)
class Entry:
    claim: Claim
    parts: tuple[Judged, ...]
    verdict: Verdict


def ledger(study: Study, claims: Sequence[Claim] = CLAIMS) -> list[Entry]:
    measured = measure(study.trials, study.bootstrap)
    return [_entry(study, claim, measured) for claim in claims]


def _entry(study: Study, claim: Claim, measured: Measured) -> Entry:
    parts = tuple(judged for part in claim.parts for judged in _judge(study, part, measured))
    return Entry(claim, parts, _together(study, claim, parts))


def _judge(study: Study, part: Part, measured: Measured) -> list[Judged]:
    match part:
        case OneModel():
            return _one_model(study)
        case Border():
            return [_border(study, part, measured)]
        case Steadier():
            return [_steadier(study, part)]
        case NearerZero():
            return [_nearer_zero(study, part)]
        case _:
            return [_between_scores(study, part)]


def _one_model(study: Study) -> list[Judged]:
    found = findings_of_f(study)
    verdict = judge_one_model(found)  # one for all: only together they say it
    return [
        Judged(
            one.name,
            one.found,
            verdict,
            footing=unequal_footing(study, ("F", one.theirs.row)),
            remarks=remarks(study, one.ours, one.theirs, one.found),
        )
        for one in found.comparisons()
    ]


def _border(study: Study, part: Border, measured: Measured) -> Judged:
    judge = partial(judge_border, border=part.border, direction=part.direction)
    found, rows = measured[part.measure], DIFFERENCES.get(part.measure, ())
    verdict, footing = _verdict(found, judge), unequal_footing(study, rows)
    return Judged(KEYS[part.measure], found, verdict, not rows, footing)


def _steadier(study: Study, part: Steadier) -> Judged:
    rows = (part.first, part.second)
    name = f"SD of the reported ratio between training seeds, {part.first} - {part.second}"
    found = spread_difference(study.trials, *rows, study.bootstrap)
    return Judged(name, found, _verdict(found, _lower), footing=unequal_footing(study, rows))


def _nearer_zero(study: Study, part: NearerZero) -> Judged:
    rows = (part.first.row, part.second.row)
    name = f"distance from 0 of the hard mask's bias, {rows[0]} - {rows[1]}"
    found = study.bias_difference(part.first, part.second)
    return Judged(name, found, _verdict(found, _lower), footing=unequal_footing(study, rows))


def _between_scores(study: Study, part: BetweenScores) -> Judged:
    name = difference_name(part.first, part.second)
    found = study.difference(part.first, part.second)
    return Judged(
        name,
        found,
        _verdict(found, _judge_of(study, part)),
        footing=unequal_footing(study, (part.first.row, part.second.row)),
        remarks=remarks(study, part.first, part.second, found),
    )


def _judge_of(study: Study, part: BetweenScores) -> Judge:
    against = doubts(study.trials, part.first, part.second)
    if against:
        return lambda _: Verdict("cannot tell", "; ".join(against))
    match part:
        case Same():
            return partial(judge_same, margin=part.margin)
        case AtLeast():
            return partial(judge_at_least, margin=part.margin)
        case Contrast():
            return partial(judge_direction, direction=part.direction, effect=part.effect)


def _lower(found: Interval) -> Verdict:
    return judge_direction(found, -1, None)


def _verdict(found: Finding | Missing, judge: Judge) -> Verdict:
    return unknown(found) if isinstance(found, Missing) else judge(found.interval)


def _together(study: Study, claim: Claim, parts: Sequence[Judged]) -> Verdict:
    if study.machinery_only:
        gaps = sorted({p.found.reason for p in parts if isinstance(p.found, Missing)})
        return Verdict("cannot tell", "; ".join([study.machinery, *gaps]))
    answer = joined([part.verdict.answer for part in parts])
    deciding = [part for part in parts if part.verdict.answer == answer]
    if len(claim.parts) == 1:
        return Verdict(answer, deciding[0].verdict.why)
    return Verdict(answer, "; ".join(f"{part.name}: {part.verdict.why}" for part in deciding))


def ledger_numbers(study: Study, entries: Sequence[Entry]) -> dict[str, Any]:
    return {
        **study.facts(),
        "rules": list(rules(study.bootstrap.confidence)),
        "counts": dict(Counter(entry.verdict.answer for entry in entries)),
        "claims": [_numbers(study, entry) for entry in entries],
        "not_tested": list(NOT_TESTED),
    }


def _numbers(study: Study, entry: Entry) -> dict[str, Any]:
    claim = entry.claim
    return {
        "id": claim.id,
        "claim": claim.text,
        "section": claim.section,
        "kind": claim.kind,
        "paper": claim.printed,
        "ours": [part.numbers() for part in entry.parts],
        "verdict": entry.verdict.answer,
        "why": entry.verdict.why,
        "data": study.data,
        "trials": trials_of(entry),
    }


def trials_of(entry: Entry) -> str:
    """The trials behind an entry, each basis named once."""
    found = (part.found for part in entry.parts)
    texts = [one.basis.text() for one in found if isinstance(one, Finding)]
    return "; ".join(dict.fromkeys(texts)) or "none"
