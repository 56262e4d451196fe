"""Patient bootstrap: how far a number would move with other patients.

Embryos of one patient resemble each other, so patients are drawn with replacement and bring all
their images. Every statistic here is a function of sums over images (a mean is sum / count, kappa
comes from a summed confusion matrix), so all resamples are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]  # sums ... F -> ...


@dataclass(frozen=True)
class Interval:
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bootstrap:
    samples: int
    confidence: float
    seed: int

    def interval(
        self, summands: np.ndarray, patients: np.ndarray, statistic: Statistic
    ) -> Interval:
        """`summands` holds one row per image, N F; percentiles of `statistic` over resamples."""
        names, owner = np.unique(np.asarray(patients, str), return_inverse=True)
        per_patient = np.zeros((len(names), summands.shape[1]))
        np.add.at(per_patient, owner, summands)  # P F
        drawn = statistic(self._draws(len(names)) @ per_patient)  # samples
        tail = (1 - self.confidence) / 2
        known = drawn[np.isfinite(drawn)]  # a resample may hold no image that counts
        low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
        value = statistic(per_patient.sum(0)) if len(names) else np.nan
        return Interval(float(value), float(low), float(high))

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

    def _draws(self, patients: int) -> np.ndarray:
        """How often each resample holds each patient: samples P."""
        if patients == 0:
            return np.zeros((self.samples, 0))
        generator = np.random.default_rng([self.seed, patients])
        share = np.full(patients, 1 / patients)
        return generator.multinomial(patients, share, size=self.samples).astype(np.float64)


def _first_over_second(sums: np.ndarray) -> np.ndarray:
    count = sums[..., 1]
    return np.where(count > 0, sums[..., 0] / np.where(count > 0, count, 1.0), np.nan)
