"""Does a pixel probability of 0.7 come true seven times in ten?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Reliability:
    """Counts per probability bin; bins of several images add up."""

    pixels: np.ndarray  # bins
    probability: np.ndarray  # bins, summed
    true: np.ndarray  # bins, summed

    def __add__(self, other: Reliability) -> Reliability:
        return Reliability(
            self.pixels + other.pixels,
            self.probability + other.probability,
            self.true + other.true,
        )

    @property
    def borders(self) -> np.ndarray:
        return np.linspace(0, 1, len(self.pixels) + 1)

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean probability and share of true pixels, for the bins that hold pixels."""
        filled = self.pixels > 0
        return self.probability[filled] / self.pixels[filled], self.true[filled] / self.pixels[
            filled
        ]

    def expected_error(self) -> float:
        """ECE: mean |probability - share of true pixels|, weighted by pixels."""
        if not self.pixels.sum():
            return float("nan")
        return float(np.abs(self.probability - self.true).sum() / self.pixels.sum())


def reliability(
    probability: np.ndarray, truth: np.ndarray, counted: np.ndarray, bins: int
) -> Reliability:
    """`counted`: the pixels that take part."""
    p, t = probability[counted].astype(np.float64), truth[counted]
    index = np.minimum((p * bins).astype(int), bins - 1)
    return Reliability(
        np.bincount(index, minlength=bins),
        np.bincount(index, weights=p, minlength=bins),
        np.bincount(index, weights=t, minlength=bins),
    )


def nothing(bins: int) -> Reliability:
    return Reliability(np.zeros(bins), np.zeros(bins), np.zeros(bins))
