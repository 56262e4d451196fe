"""Distributions by name, so that a table of them can be read and compared.

Limits clip: what lies beyond gathers at the limit, which suits rare values of a camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator], Any]


def fixed(value: Any) -> Draw:
    return lambda _: value


def uniform(low: float, high: float) -> Draw:
    return lambda rng: rng.uniform(low, high)


def whole(least: int, most: int) -> Draw:
    return lambda rng: int(rng.integers(least, most + 1))


def normal(mean: float, sd: float, low: float = -math.inf, high: float = math.inf) -> Draw:
    return lambda rng: min(max(rng.normal(mean, sd), low), high)


def lognormal(median: float, sigma: float, low: float = 0, high: float = math.inf) -> Draw:
    return lambda rng: min(max(median * math.exp(sigma * rng.standard_normal()), low), high)


def one_of(*values: Any) -> Draw:
    return lambda rng: values[int(rng.integers(len(values)))]


def chance(share: float) -> Draw:
    return lambda rng: rng.random() < share


def mixture(share: float, one: Draw, other: Draw) -> Draw:
    return lambda rng: one(rng) if rng.random() < share else other(rng)


def eighths(wobble: float) -> Draw:
    """A multiple of 45 degrees, not always met exactly."""
    return lambda rng: int(rng.integers(8)) * math.pi / 4 + rng.normal(0, wobble)


def cast(sd: float) -> Draw:
    """Gains of red, green and blue as a balanced camera leaves them, 1 on average."""

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        red, green, blue = np.exp(rng.normal(0, sd, 3)).tolist()
        mean = (red + green + blue) / 3
        return red / mean, green / mean, blue / mean

    return draw
