"""The fragments of a mask one by one: connected areas, with size and place."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import center_of_mass, label

EIGHT = np.ones((3, 3), dtype=int)  # pixels that touch at a corner belong together


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
        told = {
            "area_px": self.area_px,
            "diameter_px": round(self.diameter_px, 2),
            "x_px": round(self.x_px, 2),
            "y_px": round(self.y_px, 2),
        }
        if um_per_px is None:
            return told
        area, diameter = self.area_px * um_per_px**2, self.diameter_px * um_per_px
        return {**told, "area_um2": round(area, 2), "diameter_um": round(diameter, 2)}


def fragments_of(mask: np.ndarray) -> list[Fragment]:
    """Of a mask [H,W], the largest first."""
    numbered, count = label(mask, EIGHT)
    areas = np.bincount(numbered.ravel(), minlength=count + 1)[1:]
    centres = center_of_mass(mask, numbered, range(1, count + 1))  # of pixel indices
    found = [
        Fragment(int(area), float(x) + 0.5, float(y) + 0.5)
        for area, (y, x) in zip(areas, centres, strict=True)
    ]
    return sorted(found, key=lambda fragment: (-fragment.area_px, fragment.y_px, fragment.x_px))
