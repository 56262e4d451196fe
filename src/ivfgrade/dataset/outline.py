"""Estimate the embryo outline (cells and fragments) classically, where a data set gives none.

Cytoplasm is granular and its membrane is a sharp, coherent edge; zona, well and background are
smoother. So, in polar coordinates around the embryo, the outline is the closed path with the most
texture inside it and the strongest edge along it, found by dynamic programming. It is an estimate
and is marked as such wherever it is used.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.ndimage import (
    gaussian_filter,
    gaussian_filter1d,
    grey_closing,
    grey_opening,
    map_coordinates,
)

from ivfgrade.dataset.well import well_interior

SIDE = 256  # pixels of the longer side at which all lengths below are meant
ANGLES, RADII = 128, 96
REACH = 0.55 * SIDE
FALL = 0.55  # texture may fall this far (in log units) below that of the core and still be inside
SOFTNESS = 0.5  # log units between surely outside and surely inside
EDGE_WEIGHT = 480.0  # of a strong edge, in pixels of area per ray
STEP, STEP_COST = 3, 8.0  # radii that the path may change by per angle, and the price of each
NOTCH, SPIKE = 9, 5  # angles: narrower dents are closed, narrower spikes are cut
ROUNDS = 3
LEAST_CONTRAST = 0.5  # log units of texture between inside and outside, or it is no embryo
AREA = (0.04, 0.85)  # share of the picture that an embryo can take


def embryo_outline(
    image: np.ndarray, given: np.ndarray | None, fragment: np.ndarray | None
) -> tuple[np.ndarray | None, str]:
    """The outline and where it comes from: given, estimated or none. Fragments lie within it."""
    if given is not None and given.any():
        return given, "given"
    estimate = estimate_outline(image)
    if estimate is None:
        return None, "none"
    return (estimate if fragment is None else estimate | fragment), "estimated"


def estimate_outline(image: np.ndarray) -> np.ndarray | None:
    """uint8 [H,W,3] -> bool [H,W], or None where no embryo can be told from its surroundings."""
    grey = _shrunk(image)
    searched = well_interior(grey)  # h w
    texture = _texture(grey)
    floor = _otsu(texture[searched])
    row, column = _centre(np.where(searched, np.maximum(texture - floor, 0) ** 2, 0))
    level = _otsu(texture[searched & (texture > floor)])
    inside = np.zeros_like(searched)
    for _ in range(ROUNDS):
        score = np.where(searched, np.clip((texture - level) / SOFTNESS, -1, 1), -1)
        radius = _best_path(_gain(grey, score, searched, row, column))
        inside = _filled(grey.shape, row, column, radius)
        if not (inside & searched).any():
            return None
        row, column = (float(axis.mean()) for axis in np.nonzero(inside))
        level = max(floor, float(np.quantile(texture[inside & searched], 0.6)) - FALL)
    return _original_size(inside, image.shape) if _is_embryo(inside, searched, texture) else None


def _shrunk(image: np.ndarray) -> np.ndarray:
    scale = SIDE / max(image.shape[:2])
    height, width = (max(8, round(side * scale)) for side in image.shape[:2])
    grey = Image.fromarray(image).convert("L").resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(grey, dtype=np.float32)


def _texture(grey: np.ndarray) -> np.ndarray:
    """Log of the local fine contrast, partly relative to the local brightness."""
    fine = gaussian_filter(grey, 0.8) - gaussian_filter(grey, 2.0)
    strength = gaussian_filter(np.minimum(np.abs(fine), 30) ** 2, 3.5)
    return np.log(strength + 0.05) / 2 - 0.7 * np.log(gaussian_filter(grey, 10) + 15)


def _otsu(values: np.ndarray) -> float:
    """The threshold that parts values best into two classes."""
    if values.size == 0:
        return 0.0
    counts, edges = np.histogram(values, 128)
    centres = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1].astype(float)
    above = values.size - below
    moment = np.cumsum(counts * centres)
    distance = moment[-1] * below / values.size - moment[:-1]
    between = distance**2 / np.maximum(below * above, 1)
    return float(centres[np.argmax(between)])


def _centre(weight: np.ndarray) -> tuple[float, float]:
    """Centre of gravity under a bell around itself: debris at the rim does not pull."""
    rows, columns = np.mgrid[: weight.shape[0], : weight.shape[1]]
    row, column = (weight.shape[0] - 1) / 2, (weight.shape[1] - 1) / 2
    for _ in range(4):
        bell = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * (0.22 * SIDE) ** 2))
        near = weight * bell
        total = near.sum() + 1e-9
        row, column = float((near * rows).sum() / total), float((near * columns).sum() / total)
    return row, column


def _gain(
    grey: np.ndarray, score: np.ndarray, searched: np.ndarray, row: float, column: float
) -> np.ndarray:
    """What a path gains at each angle and radius: texture enclosed so far, and the edge there."""
    radii = _radii()
    enclosed = np.cumsum(_polar(score, row, column, -1.0) * radii, axis=1) * (REACH / RADII / 2)
    rays = gaussian_filter1d(_polar(grey, row, column, 0.0), 1.0, axis=1, order=1)
    edge = np.abs(gaussian_filter1d(rays, 2.5, axis=0, mode="wrap"))  # along the path: coherent
    edge[_polar(searched.astype(np.float32), row, column, 0.0) == 0] = 0
    strong = np.quantile(edge, 0.95) + 1e-6
    return enclosed + EDGE_WEIGHT * np.minimum(edge / strong, 2) * 0.75  # ANGLES RADII


def _best_path(gain: np.ndarray) -> np.ndarray:
    """Radius index per angle of the closed path with the highest total gain (Viterbi)."""
    half = ANGLES // 2
    start = int(_viterbi(gain, None)[half])  # surest in the middle of an open path
    path = np.roll(_viterbi(np.roll(gain, -half, axis=0), start), half)
    path = grey_opening(grey_closing(path, NOTCH, mode="wrap"), SPIKE, mode="wrap")
    return _radii()[path]


def _viterbi(gain: np.ndarray, start: int | None) -> np.ndarray:
    """With `start`, the path begins and ends there, so that it closes."""
    ends = np.zeros(RADII)
    if start is not None:
        ends[np.abs(np.arange(RADII) - start) > STEP] = -np.inf
    steps = np.arange(2 * STEP + 1)
    reached = np.arange(RADII)[:, None] + steps  # from padded radius to radius
    cost = STEP_COST * np.abs(steps - STEP)
    padded = np.full(RADII + 2 * STEP, -np.inf)
    best, came_from = gain[0] + ends, []
    for angle in range(1, ANGLES):
        padded[STEP:-STEP] = best
        options = padded[reached] - cost  # RADII steps
        choice = options.argmax(1)
        came_from.append(np.arange(RADII) + choice - STEP)
        best = np.take_along_axis(options, choice[:, None], axis=1)[:, 0] + gain[angle]
    path = [int(np.argmax(best + ends))]
    for previous in reversed(came_from):
        path.append(int(previous[path[-1]]))
    return np.array(path[::-1])


def _polar(values: np.ndarray, row: float, column: float, beyond: float) -> np.ndarray:
    angle = np.arange(ANGLES)[:, None] * (2 * np.pi / ANGLES)
    at = [row + np.sin(angle) * _radii(), column + np.cos(angle) * _radii()]
    return map_coordinates(values, at, order=1, cval=beyond, output=np.float64)  # ANGLES RADII


def _radii() -> np.ndarray:
    return (np.arange(RADII) + 0.5) * (REACH / RADII)


def _filled(shape: tuple[int, ...], row: float, column: float, radius: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    turn = (np.arctan2(rows - row, columns - column) % (2 * np.pi)) * (ANGLES / (2 * np.pi))
    limit = np.interp(turn, np.arange(ANGLES + 1), np.append(radius, radius[0]))
    return np.hypot(rows - row, columns - column) <= limit


def _is_embryo(inside: np.ndarray, searched: np.ndarray, texture: np.ndarray) -> bool:
    outside = searched & ~inside
    if not AREA[0] <= inside.mean() <= AREA[1] or not outside.any():
        return False
    contrast = np.median(texture[inside & searched]) - np.quantile(texture[outside], 0.25)
    return bool(contrast >= LEAST_CONTRAST)


def _original_size(inside: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    picture = Image.fromarray(inside.astype(np.uint8) * 255)
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)) > 127
