"""Agreement of two gradings, computed from their confusion matrix (rows: truth, columns: model).

All functions accept a stack of matrices [..., K, K], so that a bootstrap needs no loop.
"""

from __future__ import annotations

import numpy as np


def confusion(truth: np.ndarray, predicted: np.ndarray, grades: int) -> np.ndarray:
    """One matrix per image, N K K: exactly one cell is 1. Their sum is the confusion matrix."""
    matrices = np.zeros((len(truth), grades, grades))
    matrices[np.arange(len(truth)), np.asarray(truth), np.asarray(predicted)] = 1.0
    return matrices


def accuracy(matrix: np.ndarray) -> np.ndarray:
    return within(matrix, 0)


def within(matrix: np.ndarray, grades_apart: int) -> np.ndarray:
    """Share of images graded at most `grades_apart` grades away from the truth."""
    near = _apart(matrix.shape[-1]) <= grades_apart
    return _ratio((matrix * near).sum((-2, -1)), matrix.sum((-2, -1)))


def quadratic_kappa(matrix: np.ndarray) -> np.ndarray:
    """Cohen's kappa with weights (i - j)^2; NaN where chance alone already agrees fully."""
    weights = _apart(matrix.shape[-1]) ** 2.0
    total = matrix.sum((-2, -1))
    rows, columns = matrix.sum(-1), matrix.sum(-2)
    by_chance = rows[..., :, None] * columns[..., None, :]  # ... K K, times the total
    observed = (weights * matrix).sum((-2, -1))
    return 1.0 - _ratio(observed * total, (weights * by_chance).sum((-2, -1)))


def recall(matrix: np.ndarray) -> np.ndarray:
    """Per true grade, the share that is graded right; NaN for a grade that does not occur."""
    return _ratio(np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(-1))


def _apart(grades: int) -> np.ndarray:
    index = np.arange(grades)
    return np.abs(index[:, None] - index[None, :])


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    possible = denominator > 0
    return np.where(possible, numerator / np.where(possible, denominator, 1.0), np.nan)
