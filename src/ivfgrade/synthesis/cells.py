"""Blastomeres: deformable balls relaxed inside the zona until they only press where they must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ivfgrade.synthesis.geometry import Body, axis_frame, ellipsoid_form, flatten_contacts, lobes

CYTOPLASM_INDEX = (0.018, 0.025)
EVEN_VOLUME_CV, UNEVEN_VOLUME_CV, UNEVEN_SHARE = 0.06, 0.25, 0.25
SLIT_UM = (0.01, 0.12)  # gap that stays visible between two cells in contact
WALL_BEND_UM = 4.0
RELAXATION_STEPS = 60

LAYOUTS = {  # directions of the cells seen from the middle, before a random rotation
    2: np.array([[1, 0, 0], [-1, 0, 0]], dtype=float),
    3: np.array([[1, 0, 0], [-0.5, 0.87, 0], [-0.5, -0.87, 0]]),
    4: np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3),
}
PLANAR_FOUR = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]], dtype=float)
PLANAR_SHARE = 0.25


def blastomeres(
    count: int, volume: float, inner_radius: float, grain: float, rng: np.random.Generator
) -> list[Body]:
    """`count` cells of `volume` cubic micrometres together."""
    radii = _radii(count, volume, rng)
    squash = _squash(count, radii, inner_radius)
    centres = _relax(_directions(count, rng), radii, squash, inner_radius)
    index = rng.uniform(*CYTOPLASM_INDEX)
    cells = []
    for centre, radius in zip(centres, radii, strict=True):
        towards_middle = centre if np.linalg.norm(centre) > 1 else rng.standard_normal(3)
        wide = radius / np.sqrt(squash)
        oval = rng.uniform(0.94, 1.06)
        form = ellipsoid_form(
            axis_frame(towards_middle, rng), (radius * squash, wide * oval, wide / oval)
        )
        cells.append(
            Body("cell", centre, form, index * rng.uniform(0.93, 1.07), grain, lobes(rng, 0.03))
        )
    return flatten_contacts(_inside(cells, inner_radius), rng.uniform(*SLIT_UM), WALL_BEND_UM, rng)


def _radii(count: int, volume: float, rng: np.random.Generator) -> np.ndarray:
    cv = UNEVEN_VOLUME_CV if rng.random() < UNEVEN_SHARE else EVEN_VOLUME_CV
    volumes = np.maximum(rng.normal(1, cv, count), 0.35)
    if count == 3:  # one large and two small cells are the even three-cell embryo
        volumes *= np.array([1.5, 0.75, 0.75]) if rng.random() < 0.6 else 1.0
    volumes *= volume / volumes.sum()
    return np.cbrt(volumes * 3 / (4 * np.pi))


def _directions(count: int, rng: np.random.Generator) -> np.ndarray:
    """Two and three cells mostly lie flat on the dish; four are usually crosswise."""
    planar = count == 4 and rng.random() < PLANAR_SHARE
    layout = PLANAR_FOUR if planar else LAYOUTS[count]
    spin = rng.uniform(0, 2 * np.pi)
    if count == 4 and not planar:
        tilt, roll = rng.uniform(0, np.pi, 2)
    else:
        tilt, roll = rng.normal(0, 0.3, 2)
    return layout @ _turn(0, tilt) @ _turn(1, roll) @ _turn(2, spin)


def _turn(axis: int, angle: float) -> np.ndarray:
    i, j = [(1, 2), (0, 2), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = np.cos(angle)
    matrix[i, j], matrix[j, i] = -np.sin(angle), np.sin(angle)
    return matrix


def _squash(count: int, radii: np.ndarray, inner_radius: float) -> float:
    """Shorten the radial axis so that the cells fit side by side; volume is kept."""
    room = {2: 0.55, 3: 0.52, 4: 0.55}[count] * inner_radius
    return float(np.clip(room / radii.mean(), 0.72, 1.0))


def _relax(
    directions: np.ndarray, radii: np.ndarray, squash: float, inner_radius: float
) -> np.ndarray:
    short = radii * squash
    limit = np.maximum(inner_radius * 0.99 - short, 1.0)
    centres = directions * limit[:, None]
    for _ in range(RELAXATION_STEPS):
        delta = centres[:, None] - centres[None, :]  # n n 3
        distance = np.linalg.norm(delta, axis=-1) + np.eye(len(radii))
        overlap = np.maximum(0.97 * (short[:, None] + short[None, :]) - distance, 0)
        np.fill_diagonal(overlap, 0)
        push = (overlap / distance)[:, :, None] * delta
        centres = centres + 0.3 * push.sum(axis=1) - 0.01 * centres
        norm = np.linalg.norm(centres, axis=1)
        centres *= np.minimum(1, limit / np.maximum(norm, 1e-6))[:, None]
    return centres


def _inside(cells: list[Body], inner_radius: float) -> list[Body]:
    """Pull in what would stick through the zona."""
    kept = []
    for cell in cells:
        distance = float(np.linalg.norm(cell.centre))
        half_width = cell.diameter / 2
        allowed = max(inner_radius - 0.9 * half_width, 0.2 * inner_radius)
        scale = min(1.0, allowed / max(distance, 1e-6))
        kept.append(replace(cell, centre=cell.centre * scale))
    return kept
