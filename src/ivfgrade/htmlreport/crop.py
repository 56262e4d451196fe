"""A letterboxed image without its padding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ivfgrade.dataset.arrays import Arrays


@dataclass(frozen=True)
class Window:
    """In pixels of the network's input."""

    top: int
    left: int
    height: int
    width: int

    def of(self, pixels: np.ndarray) -> np.ndarray:
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]


def window(arrays: Arrays, index: int) -> Window:
    at = arrays.placement(index)
    return Window(at.top, at.left, at.inner_height, at.inner_width)
