"""Patient bootstrap: how far a number would move with other patients.

Embryos of one patient resemble each other, so patients are drawn with replacement and bring all
their images. Every statistic here is a function of sums over images (a mean is sum / count, kappa
comes from a summed confusion matrix), so all resamples are one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]  # sums ... F -> ...


@dataclass(frozen=True)
class Interval:
    value: float
    low: float
    high: float

    def numbers(self) -> dict[str, float | None]:
        """For JSON."""
        ends = {"value": self.value, "low": self.low, "high": self.high}
        return {name: as_number(end) for name, end in ends.items()}


def as_number(value: float) -> float | None:
    """Six decimals are more than any figure here deserves; JSON has no NaN."""
    return round(float(value), 6) if np.isfinite(value) else None


@dataclass(frozen=True)
class Bootstrap:
    samples: int
    confidence: float
    seed: int

    @property
    def fewest_patients(self) -> int:
        """With fewer, that all are of one mind, which excludes 0, is no rarer by chance than the
        confidence promises: of n patients in 2 / 2^n of all cases."""
        return math.ceil(1 - math.log2(1 - self.confidence))

    fewest_draws = fewest_patients  # random draws can be of one mind by chance just as well

    def interval(
        self, summands: np.ndarray, patients: np.ndarray, statistic: Statistic
    ) -> Interval:
        """`summands` holds one row per image, N F; percentiles of `statistic` over resamples."""
        names, owner = np.unique(np.asarray(patients, str), return_inverse=True)
        per_patient = np.zeros((len(names), summands.shape[1]))
        np.add.at(per_patient, owner, summands)  # P F
        drawn = statistic(self._draws(len(names)) @ per_patient)  # samples
        value = statistic(per_patient.sum(0)) if len(names) else np.nan
        return self._percentiles(float(value), drawn)

    def mean(self, values: np.ndarray, patients: np.ndarray) -> Interval:
        """Mean over the images that have a value; NaN means that the question does not arise."""
        return self.ratio(values, np.ones(len(values)), patients)

    def ratio(
        self, numerator: np.ndarray, denominator: np.ndarray, patients: np.ndarray
    ) -> Interval:
        """Sum over sum, as for the error relative to a baseline's error on the same images."""
        pairs = np.column_stack([numerator, denominator]).astype(np.float64)
        pairs[np.isnan(pairs).any(1)] = 0.0
        return self.interval(pairs, patients, _first_over_second)

    def mean_over_draws(self, values: np.ndarray, patients: np.ndarray) -> Interval:
        """Mean of N K values, one per image and random draw. The draws are a sample as well, and
        may differ more than patients do: each resample redraws both. None reaches beyond the
        values at hand, so with fewer than `fewest_draws` the interval decides nothing."""
        names, owner = np.unique(np.asarray(patients, str), return_inverse=True)
        known = np.isfinite(values)
        sums = np.zeros((2, len(names), values.shape[1]))  # of values and of their number, P K
        np.add.at(sums[0], owner, np.where(known, values, 0.0))
        np.add.at(sums[1], owner, known)
        of_patients = np.einsum("sp,fpk->sfk", self._draws(len(names)), sums)
        of_both = np.einsum("sfk,sk->sf", of_patients, self._draws(values.shape[1], stream=1))
        value = _first_over_second(sums.sum((1, 2)))
        return self._percentiles(float(value), _first_over_second(of_both))

    def _percentiles(self, value: float, drawn: np.ndarray) -> Interval:
        tail = (1 - self.confidence) / 2
        known = drawn[np.isfinite(drawn)]  # a resample may hold no image that counts
        low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
        return Interval(value, float(low), float(high))

    def _draws(self, count: int, *, stream: int | None = None) -> np.ndarray:
        """How often each resample holds each of `count` patients, or of what else is a sample and
        has a random stream of its own: samples P."""
        if count == 0:
            return np.zeros((self.samples, 0))
        seed = [self.seed, count] if stream is None else [self.seed, count, stream]
        share = np.full(count, 1 / count)
        generator = np.random.default_rng(seed)
        return generator.multinomial(count, share, size=self.samples).astype(np.float64)


def _first_over_second(sums: np.ndarray) -> np.ndarray:
    count = sums[..., 1]
    return np.where(count > 0, sums[..., 0] / np.where(count > 0, count, 1.0), np.nan)
