"""Dice by fragment size: every true fragment is scored by itself, then grouped by diameter.

A fragment is a connected piece of the true mask; fragments that touch are one piece. A predicted
pixel belongs to the true fragment nearest to it, so a prediction that runs over a small and a large
fragment is shared out between them. Predicted pieces that touch no true fragment have no size
class: they lower the Dice of the image, not that of a class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, label

TOUCHING = np.ones((3, 3))  # pixels that meet at a corner are connected


@dataclass(frozen=True)
class FragmentScore:
    diameter_px: float  # of the disc of equal area
    covered: float  # share of it that is outlined
    dice: float


def score_fragments(pred: np.ndarray, truth: np.ndarray, valid: np.ndarray) -> list[FragmentScore]:
    pieces, count = label(truth & valid, TOUCHING)  # S S, 1..count
    if count == 0:
        return []
    nearest = distance_transform_edt(pieces == 0, return_distances=False, return_indices=True)
    owner = pieces[tuple(nearest)]  # S S, the nearest fragment of every pixel
    claimed = np.where(_touching_truth(pred & valid, pieces > 0), owner, 0)
    area = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    predicted = np.bincount(claimed.ravel(), minlength=count + 1)[1:]
    shared = np.bincount(np.where(pred, pieces, 0).ravel(), minlength=count + 1)[1:]
    return [
        FragmentScore(diameter(a), float(both / a), float(2 * both / (a + p)))
        for a, p, both in zip(area, predicted, shared, strict=True)
    ]


def diameter(area: float) -> float:
    return float(2 * np.sqrt(area / np.pi))


def _touching_truth(pred: np.ndarray, truth: np.ndarray) -> np.ndarray:
    pieces, _ = label(pred, TOUCHING)
    hits = np.unique(pieces[truth & pred])
    return np.isin(pieces, hits[hits > 0])


def size_class(diameter_px: np.ndarray, borders: tuple[float, ...]) -> np.ndarray:
    return np.searchsorted(np.asarray(borders), np.asarray(diameter_px), side="right")


def class_names(borders: tuple[float, ...]) -> list[str]:
    """`under_10`, `10_to_20`, ..., `from_40`: the diameter in pixels, without a dot."""
    edges = [f"{border:g}".replace(".", "p") for border in borders]
    between = [f"{low}_to_{high}" for low, high in zip(edges, edges[1:], strict=False)]
    return [f"under_{edges[0]}", *between, f"from_{edges[-1]}"]
