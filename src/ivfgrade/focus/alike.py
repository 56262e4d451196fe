"""How much two heat maps have the same form, on image content only."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.stats import rankdata

WINDOW = 7  # cells of a map, of SSIM
STABILISERS = (0.01**2, 0.03**2)  # of SSIM, for maps whose largest value is 1


def rank_correlation(first: np.ndarray, second: np.ndarray, valid: np.ndarray) -> float:
    """Spearman's, over the valid cells of two maps (h w); NaN if one of them is flat."""
    ranks = [rankdata(heat[valid]) for heat in (first, second)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


def similarity(first: np.ndarray, second: np.ndarray, valid: np.ndarray) -> float:
    """SSIM (Wang et al. 2004), mean over the valid cells, each map divided by its largest valid
    value: only the form is compared. NaN if one of them is without heat."""
    peaks = [float(heat[valid].max()) for heat in (first, second)]
    if min(peaks) <= 0:
        return float("nan")
    x, y = (heat * valid / peak for heat, peak in zip((first, second), peaks, strict=True))
    return float(ssim(x, y)[valid].mean())


def ssim(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """h w: of the window around each cell, for maps whose largest value is 1."""
    mean_x, mean_y, square_x, square_y, product = (
        uniform_filter(heat, WINDOW) for heat in (x, y, x * x, y * y, x * y)
    )
    spread = square_x - mean_x**2 + square_y - mean_y**2
    c1, c2 = STABILISERS
    alike = (2 * mean_x * mean_y + c1) * (2 * (product - mean_x * mean_y) + c2)
    return alike / ((mean_x**2 + mean_y**2 + c1) * (spread + c2))
