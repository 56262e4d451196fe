"""Which part of a letterboxed image the page shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ivfgrade.dataset.arrays import Arrays

MARGIN = 0.08  # of the embryo's side, kept around it


@dataclass(frozen=True)
class Window:
    """The image without its padding, in pixels of the network's input."""

    top: int
    left: int
    height: int
    width: int

    def of(self, pixels: np.ndarray) -> np.ndarray:
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]


def window(arrays: Arrays, index: int) -> Window:
    at = arrays.placement(index)
    return Window(at.top, at.left, at.inner_height, at.inner_width)


def around(inside: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, width, height of the embryo with a margin; the whole image without an embryo."""
    height, width = inside.shape
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
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
