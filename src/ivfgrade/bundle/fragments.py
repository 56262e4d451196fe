"""The fragments of a mask one by one: connected areas, with size and place."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label

EIGHT = np.ones((3, 3), dtype=int)  # pixels that touch at a corner belong together
DIGITS = 2  # of a length


@dataclass(frozen=True)
class Fragment:
    area_px: int
    x_px: float  # of its centre of mass, from the left edge of the picture
    y_px: float  # from the upper edge

    @property
    def diameter_px(self) -> float:
        """Of a disc of the same area."""
        return 2 * math.sqrt(self.area_px / math.pi)

    def record(self, um_per_px: float | None) -> dict[str, float]:
        """Micrometres where the size of a pixel is known."""
        lengths = {"diameter": self.diameter_px, "x": self.x_px, "y": self.y_px}
        told = {f"{name}_px": round(value, DIGITS) for name, value in lengths.items()}
        told["area_px"] = self.area_px
        if um_per_px is not None:
            told |= {f"{k}_um": round(value * um_per_px, DIGITS) for k, value in lengths.items()}
            told["area_um2"] = round(self.area_px * um_per_px**2, 2 * DIGITS)
        return told


def fragments_of(mask: np.ndarray) -> list[Fragment]:
    """Of a mask [H,W], the largest first."""
    numbered, count = label(mask, EIGHT)
    rows, columns = np.nonzero(numbered)
    which = numbered[rows, columns] - 1
    areas = np.bincount(which, minlength=count)
    xs = np.bincount(which, columns + 0.5, count) / areas  # a pixel's middle, not its corner
    ys = np.bincount(which, rows + 0.5, count) / areas
    found = [
        Fragment(int(area), float(x), float(y)) for area, x, y in zip(areas, xs, ys, strict=True)
    ]
    return sorted(found, key=lambda fragment: (-fragment.area_px, fragment.y_px, fragment.x_px))
