"""The candidate becomes champion if it is in nothing worse, measured on the same images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivfgrade.bundle.manifest import Manifest
from ivfgrade.errors import InputError
from ivfgrade.registry.described import numbers
from ivfgrade.registry.versions import CANDIDATE, CHAMPION, Version, bundle_of, with_alias

if TYPE_CHECKING:
    from mlflow import MlflowClient

RECALIBRATED = "recalibrated_from"  # of `made_from`
UP, DOWN = 1, -1  # where better lies
JUDGED = {
    "dice": UP,
    "mae": DOWN,
    "grade_accuracy": UP,
    "coverage": UP,  # of the interval; above its confidence more is no gain
    "width": DOWN,  # of the interval
}
DATA = "data_digest"  # of `made_from`: the images that the metrics were measured on


@dataclass(frozen=True)
class Promoted:
    version: Version
    before: Version | None  # the champion that it takes the place of
    compared: tuple[str, ...]  # a line for each metric


def promote(client: MlflowClient, name: str, tolerance: float) -> Promoted:
    """`tolerance` is how much worse a metric may be, in its own unit."""
    candidate = with_alias(client, name, CANDIDATE)
    if candidate is None:
        raise InputError(
            f"model {name} has no candidate; register one: ivfgrade registry register BUNDLE"
        )
    champion = with_alias(client, name, CHAMPION)
    if champion == candidate:
        raise InputError(f"version {candidate.number} of {name} is the champion already")
    ours = bundle_of(name, candidate)
    lines: tuple[str, ...] = ()
    if champion is not None:
        lines = compared(ours, bundle_of(name, champion), tolerance)
    client.set_registered_model_alias(name, CHAMPION, str(candidate.number))
    return Promoted(candidate, champion, lines)


def compared(ours: Manifest, theirs: Manifest, tolerance: float) -> tuple[str, ...]:
    """What was compared, in words; a metric that fell, or was not measured, ends it."""
    require_comparable(ours, theirs)
    new, old = numbers(ours.metrics), numbers(theirs.metrics)
    judged = [metric for metric in JUDGED if metric in old]
    if not judged:
        raise InputError(f"the champion has none of the metrics {', '.join(JUDGED)} to compare")
    worse = list(_worse(new, limits(old, judged, theirs), tolerance))
    if worse:
        raise InputError(f"the candidate is not promoted: {'; '.join(worse)}")
    return tuple(f"{metric} {old[metric]:.4g} -> {new[metric]:.4g}" for metric in judged)


def limits(old: Mapping[str, float], judged: list[str], champion: Manifest) -> dict[str, float]:
    """What each metric is held to: the champion's, but no more coverage than was promised."""
    promised = float(champion.interval["confidence"])
    return {m: min(old[m], promised) if m == "coverage" else old[m] for m in judged}


def _worse(
    new: Mapping[str, float], held_to: Mapping[str, float], tolerance: float
) -> Iterator[str]:
    for metric, limit in held_to.items():
        if metric not in new:
            yield f"its {metric} was not measured"
        elif not JUDGED[metric] * (new[metric] - limit) >= -tolerance:  # also where it is no number
            yield f"its {metric} is {new[metric]:.4g}, where {limit:.4g} is to be kept"


def require_comparable(ours: Manifest, theirs: Manifest) -> None:
    """Numbers of other images, grades or promises say nothing about these."""
    for which, bundle in (("candidate", ours), ("champion", theirs)):
        if RECALIBRATED in bundle.made_from:
            raise InputError(
                f"the {which} was recalibrated, and its metrics are still those of the bundle that "
                "it was made from; assay both on the site's pictures, and move the alias by hand"
            )
    for what, one, other in (
        (f"images ({DATA})", ours.made_from.get(DATA), theirs.made_from.get(DATA)),
        ("grades", ours.scheme, theirs.scheme),
        ("confidence", ours.interval.get("confidence"), theirs.interval.get("confidence")),
    ):
        if one is None or one != other:
            raise InputError(
                f"candidate and champion cannot be compared: their {what} are not known to be the "
                "same; measure both on the same images, or move the alias by hand in MLflow"
            )
