"""Find the round well of a time-lapse dish by its bright ring, which is not part of any embryo."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

STEP = 4  # pixels between the points at which a circle is tried
CENTRES = np.arange(0.38, 0.63, 0.03)  # of the height and of the width
RADII = np.arange(0.30, 0.46, 0.0125)  # of the longer side
ANGLES = np.arange(48) * (2 * np.pi / 48)
WITHIN, ON, BEYOND = -0.05, 0.03, 0.11  # of the longer side: where the ring is compared
LEAST_CONTRAST = 0.2  # of ring to both sides, in the picture's range; real wells have .24 to .35
RIM = 1.15  # where the ring fades, an embryo may lie up to here


def well_interior(grey: np.ndarray) -> np.ndarray:
    """bool [H,W]: the part of the picture to look for an embryo in; all of it without a well."""
    smooth = gaussian_filter(grey, 3)
    small = smooth[::STEP, ::STEP]
    side = max(small.shape)
    rows, columns, radii = np.meshgrid(
        CENTRES * small.shape[0], CENTRES * small.shape[1], RADII * side, indexing="ij"
    )
    circles = (rows.ravel(), columns.ravel(), radii.ravel())
    within, ring, beyond = (_on_circles(small, *circles, d * side) for d in (WITHIN, ON, BEYOND))
    contrast = np.nan_to_num(
        np.minimum(ring - within, np.where(np.isnan(beyond), np.inf, ring - beyond))
    )
    strength = (np.median(contrast, 1) + np.quantile(contrast, 0.75, axis=1)) / 2
    best = int(np.argmax(strength))
    if strength[best] < LEAST_CONTRAST * (np.ptp(small) + 1):
        return np.ones(grey.shape, dtype=bool)
    row, column, radius = (float(values[best]) * STEP for values in circles)
    distance = _distance(grey.shape, row, column) / radius
    interior = distance < 1
    faded = smooth < 1.05 * np.median(smooth[interior])
    return interior | (faded & (distance < RIM))


def _on_circles(
    picture: np.ndarray, rows: np.ndarray, columns: np.ndarray, radii: np.ndarray, offset: float
) -> np.ndarray:
    """Brightness [circles, angles] at `offset` outside each circle; NaN outside the picture."""
    radius = radii[:, None] + offset
    row = np.rint(rows[:, None] + radius * np.sin(ANGLES)).astype(int)
    column = np.rint(columns[:, None] + radius * np.cos(ANGLES)).astype(int)
    height, width = picture.shape
    there = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    values = picture[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.where(there, values, np.nan)


def _distance(shape: tuple[int, ...], row: float, column: float) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - row, columns - column)
