"""People who outline and grade: shaky borders, overlooked small fragments, painted-over gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import binary_closing, gaussian_filter, map_coordinates

from ivfgrade.synthesis.geometry import Body, Patch

SHAKE_LENGTH = 4.0  # jitter lengths along which a hand drifts before it corrects itself
MISS_STEEPNESS = 4.0


def miss_probability(diameter_um: float, half_missed_um: float) -> float:
    """One half at `half_missed_um`, falling with the logarithm of the diameter."""
    return float(1 / (1 + (diameter_um / half_missed_um) ** MISS_STEEPNESS))


def shaken(mask: np.ndarray, jitter_px: float, rng: np.random.Generator) -> np.ndarray:
    """Move the border by a smooth random field of SD `jitter_px`."""
    if jitter_px == 0:
        return mask
    length = max(SHAKE_LENGTH * jitter_px, 2.0)
    shift = [gaussian_filter(rng.standard_normal(mask.shape), length) for _ in range(2)]
    rows, cols = np.indices(mask.shape, dtype=float)
    places = [
        axis + field * (jitter_px / max(field.std(), 1e-9))
        for axis, field in zip((rows, cols), shift, strict=True)
    ]
    return map_coordinates(mask.astype(np.float32), places, order=1) > 0.5


def outline(
    instances: Sequence[tuple[Body, Patch]],
    shape: tuple[int, int],
    jitter_px: float,
    miss_um: float,
    merge_px: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """One annotator's fragment mask: H W bool."""
    mask = np.zeros(shape, dtype=bool)
    for body, seen in instances:
        if rng.random() >= miss_probability(body.diameter, miss_um):
            mask[seen.window] |= seen.shadow
    if merge_px > 0:
        size = merge_px + 1
        wide = np.pad(mask, size)
        mask = binary_closing(wide, np.ones((size, size)))[size:-size, size:-size] | mask
    return shaken(mask, jitter_px, rng)


def perceived_grade(
    ratio: float,
    borders: Sequence[float],
    names: Sequence[str],
    noise: float,
    rng: np.random.Generator,
) -> str:
    """The eye compares lengths more than areas: noise is even on the ratio's square root."""
    seen = max(np.sqrt(ratio) + rng.normal(0, noise), 0.0) ** 2
    return names[int(np.searchsorted(np.asarray(borders), seen, side="right"))]
