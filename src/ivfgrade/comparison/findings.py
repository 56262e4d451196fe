"""What a comparison found and on what, or why there is nothing to find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivfgrade.comparison.trials import Trial
from ivfgrade.evaluation.bootstrap import Interval, as_number


@dataclass(frozen=True)
class Basis:
    """The trials and images that a number rests on."""

    seeds: tuple[int, ...]
    folds: tuple[int, ...]  # empty: a single split
    images: int | None  # None: a number that is of no image
    patients: int | None

    def numbers(self) -> dict[str, Any]:
        return {
            "training_seeds": list(self.seeds),
            "folds": list(self.folds),
            "images": self.images,
            "patients": self.patients,
        }

    def text(self) -> str:
        folds = f"{len(self.folds)} {_plural('fold', len(self.folds))}"
        split = folds if self.folds else "single split"
        seeds = f"{len(self.seeds)} training {_plural('seed', len(self.seeds))}"
        if self.images is None or self.patients is None:
            return f"{seeds}, {split}"
        images = f"{self.images} {_plural('image', self.images)}"
        return f"{seeds}, {split}, {images} of {self.patients} {_plural('patient', self.patients)}"


def basis_of(trials: Sequence[Trial], images: int | None, patients: int | None) -> Basis:
    seeds = sorted({trial.training_seed for trial in trials})
    folds = sorted({trial.fold for trial in trials if trial.fold is not None})
    return Basis(tuple(seeds), tuple(folds), images, patients)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


@dataclass(frozen=True)
class Finding:
    interval: Interval
    basis: Basis
    by_seed: Mapping[int, float] = field(default_factory=dict)
    note: str = ""  # what else the number rests on

    def numbers(self) -> dict[str, Any]:
        seeds = {str(seed): as_number(value) for seed, value in self.by_seed.items()}
        return {
            **self.interval.numbers(),
            **self.basis.numbers(),
            "by_training_seed": seeds,
            "note": self.note,
        }


@dataclass(frozen=True)
class Missing:
    reason: str  # a sentence without its full stop
    value: float = float("nan")  # known, if only the interval is missing

    def numbers(self) -> dict[str, Any]:
        return {"value": as_number(self.value), "low": None, "high": None, "missing": self.reason}
