"""Which part of an image its picture shows: the embryo, so that thin contours stay readable."""

from __future__ import annotations

import numpy as np

MARGIN = 0.08  # of the embryo's side, kept around it


def around(embryo: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, width, height of a square with a margin, cut where the image (H W) is narrower;
    the whole image without an embryo."""
    height, width = embryo.shape
    rows, columns = np.flatnonzero(embryo.any(1)), np.flatnonzero(embryo.any(0))
    if not len(rows):
        return 0, 0, width, height
    side = int((1 + 2 * MARGIN) * max(np.ptp(rows), np.ptp(columns))) + 4
    left, wide = _span(columns, side, width)
    top, high = _span(rows, side, height)
    return left, top, wide, high


def _span(places: np.ndarray, side: int, limit: int) -> tuple[int, int]:
    length = min(side, limit)
    start = int(np.clip((places[0] + places[-1] - length) // 2, 0, limit - length))
    return start, length
