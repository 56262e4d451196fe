"""Questions to a list of answers, each with a patient-bootstrap interval, ready for JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from ivfgrade.evaluation import agreement
from ivfgrade.evaluation.bootstrap import Bootstrap, Interval

Numbers = dict[str, Any]
Question = Callable[[np.ndarray], np.ndarray]  # confusion matrices ... K K -> ...


class Scores:
    """What is asked of images whose patients are known."""

    def __init__(self, patients: np.ndarray, bootstrap: Bootstrap) -> None:
        self.patients, self.bootstrap = np.asarray(patients, str), bootstrap

    def mean(self, values: np.ndarray) -> Numbers:
        """NaN: the question does not arise for that image."""
        return plain(self.bootstrap.mean(np.asarray(values, float), self.patients))

    def ratio(self, numerator: np.ndarray, denominator: np.ndarray) -> Numbers:
        return plain(self.bootstrap.ratio(numerator, denominator, self.patients))

    def agreement(
        self, truth: np.ndarray, predicted: np.ndarray, grades: int, question: Question
    ) -> Numbers:
        flat = agreement.confusion(truth, predicted, grades).reshape(len(truth), -1)

        def statistic(sums: np.ndarray) -> np.ndarray:
            return question(sums.reshape(*sums.shape[:-1], grades, grades))

        return plain(self.bootstrap.interval(flat, self.patients, statistic))

    def auc(self, score: np.ndarray, positive: np.ndarray, counted: np.ndarray) -> Numbers:
        """How often a positive image scores above a negative one, equal scores counting half.

        Summed over images it is two histograms over the scores that occur, so it can be resampled.
        """
        values, place = np.unique(score[counted], return_inverse=True)
        column = place + len(values) * positive[counted]
        histogram = np.zeros((len(score), 2 * len(values)))
        histogram[np.flatnonzero(counted), column] = 1.0
        return plain(self.bootstrap.interval(histogram, self.patients, _area))


def balanced_accuracy(matrix: np.ndarray) -> np.ndarray:
    """Mean recall of the grades that occur."""
    found, seen = np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(-1)
    occurring = (seen > 0).sum(-1)
    shares = np.where(seen > 0, found / np.maximum(seen, 1), 0.0).sum(-1)
    return np.where(occurring > 0, shares / np.maximum(occurring, 1), np.nan)


def plain(interval: Interval) -> Numbers:
    """Six decimals are more than any figure here deserves; JSON has no NaN."""
    pairs = asdict(interval).items()
    return {name: round(float(v), 6) if np.isfinite(v) else None for name, v in pairs}


def _area(sums: np.ndarray) -> np.ndarray:
    """... 2S (negatives by rising score, then positives) -> ..."""
    negative, positive = np.split(sums, 2, axis=-1)
    below = negative.cumsum(-1) - negative / 2
    pairs = negative.sum(-1) * positive.sum(-1)
    return np.where(pairs > 0, (positive * below).sum(-1) / np.maximum(pairs, 1), np.nan)
