"""Questions to a list of answers, each with a patient-bootstrap interval, ready for JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ivfgrade.evaluation import agreement
from ivfgrade.evaluation.bootstrap import Bootstrap

Numbers = dict[str, Any]
Question = Callable[[np.ndarray], np.ndarray]  # confusion matrices ... K K -> ...


@dataclass(frozen=True)
class Ranking:
    """Do the positive ones among the counted images score higher than the others? N each."""

    score: np.ndarray
    positive: np.ndarray
    counted: np.ndarray

    def histograms(self) -> np.ndarray:
        """N 2S over the S scores that occur, of the negative and then of the positive images.
        Summed over images they hold the AUC, so it can be resampled."""
        values, place = np.unique(self.score[self.counted], return_inverse=True)
        column = place + len(values) * self.positive[self.counted]
        counts = np.zeros((len(self.score), 2 * len(values)))
        counts[np.flatnonzero(self.counted), column] = 1.0
        return counts


class Scores:
    """What is asked of images whose patients are known."""

    def __init__(self, patients: np.ndarray, bootstrap: Bootstrap) -> None:
        self.patients, self.bootstrap = np.asarray(patients, str), bootstrap

    def mean(self, values: np.ndarray) -> Numbers:
        """NaN: the question does not arise for that image."""
        return self.bootstrap.mean(np.asarray(values, float), self.patients).numbers()

    def ratio(self, numerator: np.ndarray, denominator: np.ndarray) -> Numbers:
        return self.bootstrap.ratio(numerator, denominator, self.patients).numbers()

    def agreement(
        self, truth: np.ndarray, predicted: np.ndarray, grades: int, question: Question
    ) -> Numbers:
        flat = agreement.confusion(truth, predicted, grades).reshape(len(truth), -1)

        def statistic(sums: np.ndarray) -> np.ndarray:
            return question(sums.reshape(*sums.shape[:-1], grades, grades))

        return self.bootstrap.interval(flat, self.patients, statistic).numbers()

    def auc(self, ranking: Ranking) -> Numbers:
        """How often a positive image scores above a negative one, equal scores counting half."""
        return self.best_auc([ranking])

    def best_auc(self, rankings: Sequence[Ranking]) -> Numbers:
        """The highest of several AUCs. Which one that is depends on the images, too, so each
        resample has its own best."""
        histograms = [ranking.histograms() for ranking in rankings]
        borders = np.cumsum([each.shape[1] for each in histograms])[:-1]

        def statistic(sums: np.ndarray) -> np.ndarray:
            return _highest([_area(part) for part in np.split(sums, borders, axis=-1)])

        together = np.concatenate(histograms, axis=1)
        return self.bootstrap.interval(together, self.patients, statistic).numbers()


def balanced_accuracy(matrix: np.ndarray) -> np.ndarray:
    """Mean recall of the grades that occur."""
    found, seen = np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(-1)
    occurring = (seen > 0).sum(-1)
    shares = np.where(seen > 0, found / np.maximum(seen, 1), 0.0).sum(-1)
    return np.where(occurring > 0, shares / np.maximum(occurring, 1), np.nan)


def _highest(values: Sequence[np.ndarray]) -> np.ndarray:
    """Of those that are known; NaN if none is."""
    return np.fmax.reduce(np.stack(values))


def _area(sums: np.ndarray) -> np.ndarray:
    """... 2S (negatives by rising score, then positives) -> ..."""
    negative, positive = np.split(sums, 2, axis=-1)
    below = negative.cumsum(-1) - negative / 2
    pairs = negative.sum(-1) * positive.sum(-1)
    return np.where(pairs > 0, (positive * below).sum(-1) / np.maximum(pairs, 1), np.nan)
