"""One embryo in three dimensions: zona, cells, fragments, and what only looks like one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ivfgrade.synthesis.cells import blastomeres
from ivfgrade.synthesis.fragments import Nest, coarse_raster, fragments, pattern
from ivfgrade.synthesis.geometry import (
    Body,
    Focus,
    ellipsoid_form,
    gap,
    lobes,
    patch,
    reach,
    rotation,
)

ZONA_OUTER_UM, ZONA_OUTER_SD = 156.0, 7.0
ECCENTRICITY_MOST = 0.08
OOPLASM_UM, OOPLASM_SD = 109.0, 3.0
SHRINKAGE = 0.85  # ooplasm loses 15-20 % of its volume before the first cleavage
NUCLEUS_SHARE, NUCLEUS_UM, MULTINUCLEATE_SHARE = 0.6, (12.0, 18.0), 0.08
VACUOLE_SHARE, VACUOLE_UM, VACUOLES_MOST = 0.12, (5.0, 20.0), 4
POLAR_BODY_UM, POLAR_BODY_FRAGMENTED = (8.0, 15.0), 0.3
CORONA_UM, CORONA_MOST = (8.0, 12.0), 6
NUCLEUS_INDEX, VACUOLE_INDEX = -0.006, -0.015
POLAR_BODY_INDEX = (0.015, 0.025)


@dataclass(frozen=True)
class Zona:
    outer_um: float  # diameter
    thickness_um: float
    eccentricity: float
    angle: float

    @property
    def inner_radius(self) -> float:
        return self.outer_um / 2 - self.thickness_um


@dataclass(frozen=True)
class Wanted:
    """What the cohort asks of one embryo."""

    stage: int
    ratio: float
    zona: Zona
    grain: float
    patterns: Mapping[str, float]
    depth_um: float  # of focus


@dataclass(frozen=True)
class Scene:
    zona: Zona
    bodies: tuple[Body, ...]
    pattern: str
    focus: Focus

    def of(self, *kinds: str) -> list[Body]:
        return [body for body in self.bodies if body.kind in kinds]


def embryo(wanted: Wanted, rng: np.random.Generator) -> Scene:
    name = pattern(wanted.patterns, wanted.ratio, rng)
    focus = Focus(float(np.clip(rng.normal(0, 8), -20, 20)), wanted.depth_um)
    cells, debris = _cleave(wanted, name, focus, rng)
    bodies = [*cells, *debris]
    bodies += polar_bodies(bodies, wanted.zona.inner_radius, rng)
    bodies += inclusions(cells, rng)
    bodies += corona(wanted.zona, rng)
    return Scene(wanted.zona, tuple(bodies), name, focus)


def _cleave(
    wanted: Wanted, name: str, focus: Focus, rng: np.random.Generator
) -> tuple[list[Body], list[Body]]:
    """Fragments take their cytoplasm from the cells: solve for the volume that is left."""
    contracted = 0.8 if name == "V" else 1.0  # necrotic cells shrink and coarsen
    grain = wanted.grain * (2.0 if name == "V" else 1.0)
    ooplasm = np.pi / 6 * rng.normal(OOPLASM_UM, OOPLASM_SD) ** 3 * SHRINKAGE * contracted
    shape_seed, fragment_seed = rng.integers(2**63, size=2)
    lost = 0.4 * wanted.ratio**1.3
    for _ in range(2):
        shapes = np.random.default_rng(shape_seed)
        radius = wanted.zona.inner_radius
        cells = blastomeres(wanted.stage, ooplasm * (1 - lost), radius, grain, shapes)
        debris_rng = np.random.default_rng(fragment_seed)
        nest = Nest(cells, radius, name, _cleft(cells, radius, debris_rng), focus)
        debris = fragments(nest, wanted.ratio, debris_rng) if wanted.ratio > 0 else []
        measured = min(sum(body.volume for body in debris) / ooplasm, 0.8)
        if abs(measured - lost) < 0.03:
            break
        lost = measured
    return cells, debris


def _cleft(cells: list[Body], inner_radius: float, rng: np.random.Generator) -> np.ndarray:
    """In the gap between cells, at the zona; of a few tries the one with most room."""
    directions = rng.standard_normal((12, 3)) * np.array([1, 1, 0.5])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    points = directions * inner_radius * rng.uniform(0.6, 0.95, (12, 1))
    room = np.min([gap(cell, points) for cell in cells], axis=0)
    return points[int(np.argmax(room))]


def _ball(
    kind: str, centre: np.ndarray, size: float, index: float, rng: np.random.Generator
) -> Body:
    rough = 1.8 if kind == "corona" else 1.0
    axes = size / 2 * np.exp(rng.normal(0, 0.06 * rough, 3))
    grain = {"polar_body": 0.5, "corona": 1.5}.get(kind, 0.0)
    contour = lobes(rng, 0.05 * rough)
    return Body(kind, centre, ellipsoid_form(rotation(rng), axes), index, grain, contour)


def polar_bodies(bodies: list[Body], inner_radius: float, rng: np.random.Generator) -> list[Body]:
    """In the perivitelline space; some fall apart, and still are no fragments."""
    found: list[Body] = []
    for _ in range(int(rng.choice(3, p=[0.25, 0.5, 0.25]))):
        size = rng.uniform(*POLAR_BODY_UM)
        directions = rng.standard_normal((24, 3)) * np.array([1, 1, 0.4])
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        points = directions * (inner_radius - size / 2)
        room = np.min([gap(body, points) for body in [*bodies, *found]], axis=0)
        spot = points[int(np.argmax(room))]
        if rng.random() < POLAR_BODY_FRAGMENTED:
            for _ in range(int(rng.integers(2, 4))):
                shift = spot + rng.normal(0, size / 3, 3)
                index = rng.uniform(*POLAR_BODY_INDEX)
                found.append(_ball("polar_body", shift, size * rng.uniform(0.4, 0.6), index, rng))
        else:
            found.append(_ball("polar_body", spot, size, rng.uniform(*POLAR_BODY_INDEX), rng))
    return found


def inclusions(cells: list[Body], rng: np.random.Generator) -> list[Body]:
    """Nuclei with their nucleoli, and vacuoles."""
    found = []
    visible = rng.random() < NUCLEUS_SHARE
    for cell in cells:
        count = (2 if rng.random() < MULTINUCLEATE_SHARE else 1) * visible
        for _ in range(count):
            size = min(rng.uniform(*NUCLEUS_UM), 0.4 * cell.diameter)
            spot = _within(cell, 0.35, rng)
            found.append(_ball("nucleus", spot, size, NUCLEUS_INDEX, rng))
            for _ in range(int(rng.integers(1, 6))):
                dot = spot + rng.normal(0, size / 6, 3)
                found.append(_ball("nucleolus", dot, rng.uniform(1.5, 3.5), 0.02, rng))
        if rng.random() < VACUOLE_SHARE:
            for _ in range(int(rng.integers(1, VACUOLES_MOST + 1))):
                size = min(rng.uniform(*VACUOLE_UM), 0.45 * cell.diameter)
                found.append(_ball("vacuole", _within(cell, 0.5, rng), size, VACUOLE_INDEX, rng))
    return found


def _within(cell: Body, share: float, rng: np.random.Generator) -> np.ndarray:
    direction = rng.standard_normal(3)
    direction /= np.linalg.norm(direction)
    return cell.centre + direction * reach(cell, direction) * share * rng.random()


def corona(zona: Zona, rng: np.random.Generator) -> list[Body]:
    """Cells of the mother that stick to the outside of the zona."""
    found = []
    for _ in range(int(rng.integers(CORONA_MOST + 1))):
        size = rng.uniform(*CORONA_UM)
        angle = rng.uniform(0, 2 * np.pi)
        distance = zona.outer_um / 2 + size * rng.uniform(-0.4, 0.5)
        spot = np.array([np.cos(angle), np.sin(angle), rng.normal(0, 0.3)]) * distance
        found.append(_ball("corona", spot, size, rng.uniform(0.005, 0.022), rng))
    return found


def volume_ratio(scene: Scene) -> float:
    """Fragments' share of the cytoplasmic volume, contact planes respected."""
    fragment = sum(body.volume for body in scene.of("fragment"))
    raster = coarse_raster(scene.zona.inner_radius)
    shadows = [patch(body, raster) for body in scene.of("cell")]
    cell = sum(float(s.chord.sum()) for s in shadows if s is not None) / raster.px_per_um**2
    return fragment / (fragment + cell) if fragment + cell > 0 else 0.0
