"""An assay in a few lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def told(found: Mapping[str, Any]) -> str:
    return "\n".join(_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    good, patients, answered = (found[name] for name in ("good", "patients", "answered"))
    yield f"{good} good pictures of {patients} patients, {answered} answered"
    yield f"interval covers {_percent(found['coverage'])}"
    for grade, part in found["coverage_by_grade"].items():
        yield f"  grade {grade}: {_percent(part)} of {part['embryos']}"
    width = found["width"]
    yield f"median width {width['median']:.3f}"
    for which, constant in (
        ("", "that of a constant with the same promise"),
        ("_round_median", "that of one round the median of these embryos"),
        ("_shortest", "the shortest that holds as many of them"),
    ):
        yield f"  {width[f'times_constant{which}']:.2f} times {constant}"
    yield f"good pictures refused: {_percent(found['refused_good'])}"
    for defect, part in found["refused"].items():
        yield f"  {defect} refused: {_percent(part)} of {part['pictures']}"
    for promise, kept in found["promises"].items():
        yield f"{'kept' if kept else 'BROKEN'}: {promise}"


def _percent(one: Mapping[str, Any]) -> str:
    if one["value"] is None:  # a grade that no embryo has
        return "nothing"
    value, low, high = (100 * one[name] for name in ("value", "low", "high"))
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"
