"""The claims ledger: each claim, the paper's numbers, ours with intervals, the verdict and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from ivfgrade.comparison.footing import unequal_footing, unequal_start
from ivfgrade.comparison.heat import doubts
from ivfgrade.comparison.ladder import (
    READINGS,
    WHOLE_NETWORKS,
    grade_difference,
    judge_readings,
    outline_differences,
    over_all,
)
from ivfgrade.comparison.measured import DIFFERENCES, KEYS, Measured, measure
from ivfgrade.comparison.rules import rules
from ivfgrade.comparison.stability import spread_difference
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.verdicts import (
    Answer,
    Verdict,
    judge_at_least,
    judge_border,
    judge_direction,
    judge_same,
    unknown,
)
from ivfgrade.comparison.wording import difference_name


@dataclass(frozen=True)
class Judged:
    """One comparison of a claim."""

    name: str
    found: Finding | Missing
    verdict: Verdict
    is_level: bool = False  # a level, not a difference
    footing: tuple[str, ...] = ()  # where the compared rows were not trained alike


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
    if isinstance(part, OneModel):
        return _one_model(study)
    if isinstance(part, Border):
        measure_found = measured[part.measure]
        verdict = (
            unknown(measure_found)
            if isinstance(measure_found, Missing)
            else judge_border(measure_found.interval, part.border, part.direction)
        )
        compared = DIFFERENCES.get(part.measure, ())
        footing = unequal_footing(study, compared)
        return [Judged(KEYS[part.measure], measure_found, verdict, not compared, footing)]
    if isinstance(part, Steadier):
        found = spread_difference(study.trials, part.first, part.second, study.bootstrap)
        footing = unequal_footing(study, (part.first, part.second))
        name = f"SD of the reported ratio between training seeds, {part.first} - {part.second}"
        return [Judged(name, found, _lower(found), footing=footing)]
    if isinstance(part, NearerZero):
        found = study.bias_difference(part.first, part.second)
        footing = unequal_footing(study, (part.first.row, part.second.row))
        name = f"distance from 0 of the hard mask's bias, {part.first.row} - {part.second.row}"
        return [Judged(name, found, _lower(found), footing=footing)]
    found = study.difference(part.first, part.second)
    name = difference_name(part.first, part.second)
    footing = unequal_footing(study, (part.first.row, part.second.row))
    return [Judged(name, found, _verdict(study, part, found), footing=footing)]


def _lower(found: Finding | Missing) -> Verdict:
    if isinstance(found, Missing):
        return unknown(found)
    return judge_direction(found.interval, -1, None)


def _verdict(study: Study, part: Contrast | Same | AtLeast, found: Finding | Missing) -> Verdict:
    if isinstance(found, Missing):
        return unknown(found)
    against = doubts(study.trials, part.first, part.second)
    if against:
        return Verdict("cannot tell", "; ".join(against))
    if isinstance(part, Same):
        return judge_same(found.interval, part.margin)
    if isinstance(part, AtLeast):
        return judge_at_least(found.interval, part.margin)
    return judge_direction(found.interval, part.direction, part.effect)


def _one_model(study: Study) -> list[Judged]:
    outlines = outline_differences(study)
    found, others = {f"Dice, F - {row}": one for row, one in outlines.items()}, [*outlines]
    for one in READINGS:
        found[f"MAE, F reported - {one.name}"] = grade_difference(study, one)
        others.append(one.score.row)
    verdict = _judge_one_model(study, found)
    return [
        Judged(name, one, verdict, footing=unequal_footing(study, ("F", other)))
        for (name, one), other in zip(found.items(), others, strict=True)
    ]


def _judge_one_model(study: Study, found: Mapping[str, Finding | Missing]) -> Verdict:
    """Refuted by a model that does reach both; supported, for that model only, by its failure."""
    for one in found.values():
        if isinstance(one, Missing):
            return unknown(one)
    uneven = unequal_start(study, WHOLE_NETWORKS)
    if uneven:
        why = f"the whole networks were not trained alike ({'; '.join(uneven)})"
        return Verdict("cannot tell", why)
    criteria = judge_readings(study)
    if over_all(criteria).answer == "shown":
        why = "F reaches A's Dice and C's MAE within the set bounds, however C is read"
        return Verdict("does not hold", why)
    reached = [name for name, one in criteria.items() if one.answer == "shown"]
    if reached:
        why = f"F reaches A's Dice and the MAE of {' and '.join(reached)} only"
        return Verdict("cannot tell", why)
    worse = _clearly_worse(study)
    if worse:
        why = f"F {' and '.join(worse)}; that one model fails does not show that none can do it"
        return Verdict("cannot tell", why)
    return Verdict("cannot tell", "F is neither shown to reach both nor shown to miss one of them")


def _clearly_worse(study: Study) -> list[str]:
    grades = {one.name: grade_difference(study, one) for one in READINGS}
    return [
        f"outlines worse than {row}"
        for row, one in outline_differences(study).items()
        if isinstance(one, Finding) and one.interval.high < 0
    ] + [
        f"grades worse than {name}"
        for name, one in grades.items()
        if isinstance(one, Finding) and one.interval.low > 0
    ]


def _together(study: Study, claim: Claim, parts: Sequence[Judged]) -> Verdict:
    if study.machinery_only:
        gaps = sorted({p.found.reason for p in parts if isinstance(p.found, Missing)})
        return Verdict("cannot tell", "; ".join([study.machinery, *gaps]))
    answers: list[Answer] = [part.verdict.answer for part in parts]
    answer = _joined(answers)
    deciding = [part for part in parts if part.verdict.answer == answer]
    if len(claim.parts) == 1:
        return Verdict(answer, deciding[0].verdict.why)
    return Verdict(answer, "; ".join(f"{part.name}: {part.verdict.why}" for part in deciding))


def _joined(answers: Sequence[Answer]) -> Answer:
    if "does not hold" in answers:
        return "does not hold"
    return "cannot tell" if "cannot tell" in answers else "holds"


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
        "ours": [
            {
                "what": part.name,
                "is_level": part.is_level,
                "footing": list(part.footing),
                **part.found.numbers(),
            }
            for part in entry.parts
        ],
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
