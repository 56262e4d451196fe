"""The claims ledger: each claim, the paper's numbers, ours with intervals, the verdict and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ivfgrade.comparison.claim import (
    IDENTICAL,
    MATCH,
    SEPARABLE,
    Border,
    Claim,
    Contrast,
    OneModel,
    Part,
    Same,
)
from ivfgrade.comparison.claims import CLAIMS, NOT_TESTED
from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.ladder import READINGS, grade_difference, judge_row, outline_difference
from ivfgrade.comparison.measured import KEYS, Measured, measure
from ivfgrade.comparison.study import MACHINERY, Study
from ivfgrade.comparison.verdicts import (
    DICE_MARGIN,
    Answer,
    Verdict,
    decimal,
    judge_border,
    judge_direction,
    judge_same,
    unknown,
)
from ivfgrade.comparison.wording import difference_name

RULES = (
    "holds: the 95 % interval excludes 0 in the claimed direction",
    "does not hold: it excludes 0 the other way, or excludes half the claimed effect by falling "
    "short of it",
    "cannot tell: everything else, also a row that is missing",
    "two numbers said to be equal: holds if the interval lies inside the stated margin on both "
    "sides of 0, does not hold if it lies wholly outside, else cannot tell; the margins: Dice "
    f"{decimal(DICE_MARGIN)}, the bound set for F; MAE {decimal(MATCH)}, half of the difference "
    f"that the paper calls outperforming; {decimal(IDENTICAL)} for outlines that must not change",
    f"features that cannot separate grades: an AUC below {decimal(SEPARABLE)}, half way from "
    "chance to certainty",
    "gradient cosine: one mean over epochs and layers per training; Student interval over the "
    "trainings",
    "a model that has both, outlines and grade: judged by the criterion of row F, against C read "
    "directly and against C read through the same calibration, and both must be met",
    "a claim of several comparisons holds if all of them do, and does not hold if one does not",
    "intervals: percentiles over resamples of the test patients, paired by image; another training "
    "would differ too, which is not in the interval: see the difference per training seed",
    "no correction for the number of claims: at 95 % one interval in twenty misses by chance",
)


@dataclass(frozen=True)
class Judged:
    """One comparison of a claim."""

    name: str
    found: Finding | Missing
    verdict: Verdict
    is_level: bool = False  # a level, not a difference


@dataclass(frozen=True)
class Entry:
    claim: Claim
    parts: tuple[Judged, ...]
    verdict: Verdict


def ledger(study: Study, claims: Sequence[Claim] = CLAIMS) -> list[Entry]:
    measured = measure(study.trials, study.bootstrap.confidence)
    return [_entry(study, claim, measured) for claim in claims]


def _entry(study: Study, claim: Claim, measured: Measured) -> Entry:
    parts = tuple(judged for part in claim.parts for judged in _judge(study, part, measured))
    return Entry(claim, parts, _together(study, claim, parts))


def _judge(study: Study, part: Part, measured: Measured) -> list[Judged]:
    if isinstance(part, OneModel):
        verdict = _one_model(study)
        found = {"dice": outline_difference(study), "mae": grade_difference(study, "error_direct")}
        names = ("Dice, F - A", "MAE, F reported - C direct")
        return [Judged(name, one, verdict) for name, one in zip(names, found.values(), strict=True)]
    if isinstance(part, Border):
        found_one = measured[part.measure]
        verdict = (
            unknown(found_one)
            if isinstance(found_one, Missing)
            else judge_border(found_one.interval, part.border, part.direction)
        )
        return [Judged(KEYS[part.measure], found_one, verdict, is_level=True)]
    found_one = study.difference(part.first, part.second)
    name = difference_name(part.first, part.second)
    return [Judged(name, found_one, _verdict(part, found_one))]


def _verdict(part: Contrast | Same, found: Finding | Missing) -> Verdict:
    if isinstance(found, Missing):
        return unknown(found)
    if isinstance(part, Same):
        return judge_same(found.interval, part.margin)
    return judge_direction(found.interval, part.direction, part.effect)


def _one_model(study: Study) -> Verdict:
    """Refuted by a model that does reach both; supported, for that model only, by its failure."""
    outline, grade = outline_difference(study), grade_difference(study, "error_direct")
    for found in (outline, grade):
        if isinstance(found, Missing):
            return unknown(found)
    assert isinstance(outline, Finding)
    assert isinstance(grade, Finding)
    answers = {
        name: judge_row(outline, grade_difference(study, column)).answer
        for column, name in READINGS.items()
    }
    reached = [name for name, answer in answers.items() if answer == "shown"]
    if len(reached) == len(READINGS):
        why = "F reaches A's Dice and C's MAE within the set bounds, however C is read"
        return Verdict("does not hold", why)
    worse = [
        name
        for name, is_worse in (
            ("outlines worse than A", outline.interval.high < 0),
            ("grades worse than C", grade.interval.low > 0),
        )
        if is_worse
    ]
    if worse:
        why = f"F {' and '.join(worse)}; that one model fails does not show that none can do it"
        return Verdict("cannot tell", why)
    if reached:
        return Verdict("cannot tell", f"F reaches A's Dice and the MAE of {reached[0]} only")
    return Verdict("cannot tell", "F is neither shown to reach both nor shown to miss one of them")


def _together(study: Study, claim: Claim, parts: Sequence[Judged]) -> Verdict:
    if study.machinery_only:
        gaps = sorted({p.found.reason for p in parts if isinstance(p.found, Missing)})
        return Verdict("cannot tell", "; ".join([MACHINERY, *gaps]))
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
        "rules": list(RULES),
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
        "ours": [{"what": part.name, **part.found.numbers()} for part in entry.parts],
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
