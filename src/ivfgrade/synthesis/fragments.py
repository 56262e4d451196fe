"""Fragments: anucleate bodies added one by one, by Alikani pattern, until their shadow suffices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ivfgrade.synthesis.geometry import (
    Body,
    Focus,
    Raster,
    ellipsoid_form,
    gap,
    lobes,
    patch,
    reach,
    rotation,
)
from ivfgrade.synthesis.masks import shadow, standing_out

DIAMETER_UM = (4.0, 45.0)
MEDIAN_UM, SIGMA = 10.0, 0.5
LARGE_UM = 18.0  # pattern IV: bodies that resemble cells
FRAGMENT_INDEX = (0.015, 0.030)
MOST = 400
TRIALS = 20  # places tried per fragment
COARSE_PX_PER_UM = 0.8


@dataclass(frozen=True)
class Nest:
    """Where fragments may settle: on the cells, inside the zona, near a pattern's focus."""

    cells: list[Body]
    inner_radius: float
    pattern: str
    gathering: np.ndarray  # 3, the place a localised pattern gathers round
    focus: Focus


def diameter(rng: np.random.Generator, low: float = DIAMETER_UM[0]) -> float:
    """Log-normal, truncated by rejection so that its shape is kept."""
    while True:
        value = MEDIAN_UM * math.exp(SIGMA * rng.standard_normal())
        if low <= value <= DIAMETER_UM[1]:
            return value


def pattern(weights: Mapping[str, float], ratio: float, rng: np.random.Generator) -> str:
    """Draw a pattern that can reach this ratio: minimal ones cannot be severe."""
    fits = {
        "I": ratio < 0.05,
        "II": ratio < 0.45,
        "III": True,
        "IV": ratio >= 0.05,
        "V": ratio >= 0.15,
    }
    allowed = {name: weight * fits[name] for name, weight in weights.items()}
    names = list(allowed) if sum(allowed.values()) > 0 else ["III"]
    shares = np.array([allowed[name] if names != ["III"] else 1.0 for name in names])
    return str(rng.choice(names, p=shares / shares.sum()))


def coarse_raster(inner_radius: float) -> Raster:
    side = int(2 * (inner_radius + 15) * COARSE_PX_PER_UM)
    return Raster(side, side, COARSE_PX_PER_UM, side / 2, side / 2)


def fragments(nest: Nest, ratio: float, rng: np.random.Generator) -> list[Body]:
    """Bodies whose visible part covers `ratio` of the embryo's projection."""
    raster = coarse_raster(nest.inner_radius)
    cells, covered = shadow(nest.cells, raster), np.zeros(raster.shape, dtype=bool)
    embryo = cells.copy()
    placed: list[Body] = []
    crowd = np.empty((MOST, 4))  # their centres and diameters
    while len(placed) < MOST:
        whole = int(np.count_nonzero(embryo))
        missing = ratio - np.count_nonzero(covered) / max(whole, 1)
        if missing <= 0:
            break
        # the last fragment must not overshoot: try a few, keep what fits best
        room_um2 = 1.6 * missing * whole / COARSE_PX_PER_UM**2 + math.pi * 2.5**2
        size = _size(nest.pattern, rng)
        for _ in range(6):
            if math.pi / 4 * size**2 <= room_um2:
                break
            size = min(size, diameter(rng))
        if math.pi / 4 * size**2 > 2.5 * room_um2 and (placed or ratio < 0.01):
            break
        body = _settle(nest, crowd[: len(placed)], size, rng)
        crowd[len(placed)] = *body.centre, body.diameter
        placed.append(body)
        seen = patch(body, raster)
        if seen is not None:
            embryo[seen.window] |= seen.shadow
            covered[seen.window] |= standing_out(body, seen, cells, nest.focus)
    return placed


def _size(name: str, rng: np.random.Generator) -> float:
    if name == "IV" and rng.random() < 0.5:
        return diameter(rng, LARGE_UM)
    return diameter(rng)


def _settle(nest: Nest, crowd: np.ndarray, size: float, rng: np.random.Generator) -> Body:
    """The most comfortable of a few places on the cells' surfaces."""
    points = _candidates(nest, size, rng)  # TRIALS 3
    cost = rng.uniform(0, 3, TRIALS)
    for cell in nest.cells:
        cost += 1.5 * np.maximum(size / 2 - gap(cell, points), 0)
    distance = np.linalg.norm(points[:, None] - crowd[None, :, :3], axis=-1)  # TRIALS n
    cost += np.maximum((size + crowd[:, 3]) / 2 - distance, 0).sum(axis=1)
    pull = {"I": 0.5, "II": 0.6, "III": 0.0, "IV": 0.03, "V": 0.0}[nest.pattern]
    cost += pull * np.linalg.norm(points - nest.gathering, axis=1)
    aspect = rng.uniform(1, 1.3)
    axes = np.array([size / 2 * aspect, size / 2, size / 2 / aspect])
    return Body(
        "fragment",
        points[int(np.argmin(cost))],
        ellipsoid_form(rotation(rng), axes),
        rng.uniform(*FRAGMENT_INDEX),
        rng.uniform(0.1, 0.8),
        lobes(rng, 0.06),
    )


def _candidates(nest: Nest, size: float, rng: np.random.Generator) -> np.ndarray:
    directions = rng.standard_normal((TRIALS, 3)) * np.array([1, 1, 0.75])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    hosts = rng.integers(len(nest.cells), size=TRIALS)
    centres = np.array([cell.centre for cell in nest.cells])[hosts]
    surface = [reach(nest.cells[h], d) for h, d in zip(hosts, directions, strict=True)]
    points = centres + directions * (np.array(surface) + 0.4 * size)[:, None]
    norm = np.linalg.norm(points, axis=1, keepdims=True)
    limit = max(nest.inner_radius - 0.5 * size, 1.0)
    return points * np.minimum(1, limit / np.maximum(norm, 1e-6))
