"""Ellipsoids in micrometres and the chord that a vertical ray of light cuts out of them.

x runs right, y runs down the image, z towards the lens; the origin is the centre of the zona.
Everything that is later drawn or counted comes from `chord`, so picture and mask cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

# heights above the sharp plane that share one blur; the borders between them are 12, 25 and 41
LEVELS_UM = np.array([-50.0, -32.0, -18.0, -6.0, 6.0, 18.0, 32.0, 50.0])


@dataclass(frozen=True)
class Wall:
    """A contact face: inside where normal.p <= offset, bent a little as membranes are."""

    normal: np.ndarray  # 3
    offset: float
    bend_um: float  # amplitude of the bend, signed along the normal
    wave: np.ndarray  # 2, radians per micrometre in the image plane
    phase: float

    def rest(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """What is left for normal_z * z."""
        bend = self.bend_um * np.sin(self.wave[0] * x + self.wave[1] * y + self.phase)
        return self.offset + bend - self.normal[0] * x - self.normal[1] * y


@dataclass(frozen=True)
class Body:
    kind: str  # cell, fragment, polar_body, nucleus, nucleolus, vacuole, corona, debris
    centre: np.ndarray  # 3
    form: np.ndarray  # 3 3, positive definite: inside where (p - c)' form (p - c) <= 1
    index: float  # refractive index above the surrounding one
    grain: float = 0.0  # granularity of the content
    lobes: tuple[tuple[int, float, float], ...] = ()  # contour: (order, amplitude, phase), rising
    walls: tuple[Wall, ...] = ()  # where neighbours press against it

    @cached_property  # every later fragment asks every earlier one
    def diameter(self) -> float:
        """Diameter of the sphere of equal volume, contact planes ignored."""
        return float(2 * np.linalg.det(self.form) ** (-1 / 6))

    @property
    def volume(self) -> float:
        return float(np.pi / 6 * self.diameter**3)

    @cached_property  # a body is drawn several times
    def half_widths(self) -> np.ndarray:
        """Of the box that holds the body: 3."""
        spread = 1 + sum(abs(amplitude) for _, amplitude, _ in self.lobes)
        return np.sqrt(np.diag(np.linalg.inv(self.form))) * spread


@dataclass(frozen=True)
class Raster:
    """Where the pixels of an image lie in the world."""

    height: int
    width: int
    px_per_um: float
    centre_row: float  # pixel coordinates of the embryo's origin
    centre_col: float

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    def x_um(self, cols: np.ndarray) -> np.ndarray:
        return (cols + 0.5 - self.centre_col) / self.px_per_um

    def y_um(self, rows: np.ndarray) -> np.ndarray:
        return (rows + 0.5 - self.centre_row) / self.px_per_um


@dataclass(frozen=True)
class Patch:
    rows: slice
    cols: slice
    chord: np.ndarray  # h w, micrometres of the ray inside the body

    @property
    def window(self) -> tuple[slice, slice]:
        return self.rows, self.cols

    @property
    def shadow(self) -> np.ndarray:
        return self.chord > 0


@dataclass(frozen=True)
class Focus:
    """The sharp plane, and how far from it a body over a cell can still be told apart."""

    height_um: float
    depth_um: float

    def level_um(self, body: Body) -> float:
        """Height above the sharp plane at which the body is drawn."""
        height = body.centre[2] - self.height_um
        return float(LEVELS_UM[np.argmin(np.abs(LEVELS_UM - height))])

    def holds(self, body: Body) -> bool:
        """By its level, so that what counts as truth can be told from the picture."""
        return abs(self.level_um(body)) < self.depth_um


def rotation(rng: np.random.Generator) -> np.ndarray:
    """A uniformly random orthogonal matrix; ellipsoids do not mind a reflection."""
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    return q * np.sign(np.diag(r))


def axis_frame(axis: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random orthonormal frame whose first row is `axis`."""
    first = axis / np.linalg.norm(axis)
    q, _ = np.linalg.qr(np.column_stack([first, rng.standard_normal((3, 2))]))
    return np.vstack([first, q.T[1:]])


def ellipsoid_form(frame: np.ndarray, semi_axes: Iterable[float]) -> np.ndarray:
    """Rows of `frame` are the axes' directions."""
    return frame.T @ np.diag(1 / np.square(np.array(list(semi_axes), dtype=float))) @ frame


def lobes(
    rng: np.random.Generator, amplitude: float, orders: tuple[int, ...] = (2, 3, 4, 5)
) -> tuple[tuple[int, float, float], ...]:
    """A slightly irregular contour: nothing alive is an ellipse."""
    return tuple(
        (k, float(amplitude * rng.normal() / k), float(rng.uniform(0, 2 * np.pi))) for k in orders
    )


def reach(body: Body, direction: np.ndarray) -> float:
    """Distance from the centre to the surface along a unit vector."""
    return float((direction @ body.form @ direction) ** -0.5)


def gap(body: Body, points: np.ndarray) -> np.ndarray:
    """Approximate signed distance of points (n, 3) from the surface; negative inside."""
    offset = points - body.centre
    level = np.sqrt(np.einsum("ni,ij,nj->n", offset, body.form, offset)) + 1e-9
    return np.linalg.norm(offset, axis=1) * (1 - 1 / level)


def _window(low: float, high: float, limit: int) -> slice:
    return slice(max(0, int(np.floor(low))), min(limit, int(np.ceil(high)) + 1))


def patch(body: Body, raster: Raster) -> Patch | None:
    """The chord over the smallest window that holds the body, or None outside the image."""
    half = body.half_widths * raster.px_per_um
    row = body.centre[1] * raster.px_per_um + raster.centre_row
    col = body.centre[0] * raster.px_per_um + raster.centre_col
    rows = _window(row - half[1] - 1, row + half[1] + 1, raster.height)
    cols = _window(col - half[0] - 1, col + half[0] + 1, raster.width)
    if rows.start >= rows.stop or cols.start >= cols.stop:
        return None
    x = raster.x_um(np.arange(cols.start, cols.stop))[None, :]
    y = raster.y_um(np.arange(rows.start, rows.stop))[:, None]
    return Patch(rows, cols, chord(body, x, y))


def _contour(body: Body, offset: np.ndarray) -> np.ndarray:
    """1 + sum_k a_k cos(k angle + phase_k), with the angle of `offset` in the complex plane."""
    turn = offset / np.maximum(np.abs(offset), 1e-9)
    radius, power, order = np.ones(offset.shape), turn, 1
    for k, amplitude, phase in body.lobes:
        while order < k:
            power, order = power * turn, order + 1
        weight = amplitude * np.exp(1j * phase)
        radius += weight.real * power.real - weight.imag * power.imag
    return radius


def chord(body: Body, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Length of the vertical ray through (x, y) inside the body, micrometres."""
    dx, dy = x - body.centre[0], y - body.centre[1]
    if body.lobes:
        radius = _contour(body, dx + 1j * dy)
        dx, dy = dx / radius, dy / radius
    f = body.form
    # a z^2 + 2 b z + c = 0 for the two surface points of the ray
    b = f[0, 2] * dx + f[1, 2] * dy
    c = f[0, 0] * dx**2 + 2 * f[0, 1] * dx * dy + f[1, 1] * dy**2 - 1
    discriminant = b**2 - f[2, 2] * c
    root = np.sqrt(np.maximum(discriminant, 0)) / f[2, 2]
    middle = body.centre[2] - b / f[2, 2]
    top, bottom = middle + root, middle - root
    for wall in body.walls:
        rest, normal = wall.rest(x, y), wall.normal
        if abs(normal[2]) < 1e-6:
            top = np.where(rest >= 0, top, bottom)
        elif normal[2] > 0:
            top = np.minimum(top, rest / normal[2])
        else:
            bottom = np.maximum(bottom, rest / normal[2])
    return np.where(discriminant > 0, np.maximum(top - bottom, 0), 0)


def flatten_contacts(
    bodies: list[Body], slit_um: float, bend_um: float, rng: np.random.Generator
) -> list[Body]:
    """Give overlapping bodies a common face, `slit_um` apart, where they press on each other."""
    walls: list[list[Wall]] = [[] for _ in bodies]
    for i, j in combinations(range(len(bodies)), 2):
        one, other = bodies[i], bodies[j]
        delta = other.centre - one.centre
        distance = float(np.linalg.norm(delta)) + 1e-9
        normal = delta / distance
        own, others = reach(one, normal), reach(other, -normal)
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        bend = bend_um * rng.normal()
        if own + others <= distance:
            continue
        wave = np.array([np.cos(angle), np.sin(angle)]) * 2 * np.pi / rng.uniform(45, 110)
        # the plane in which two spheres of these radii intersect
        depth = (distance**2 + own**2 - others**2) / (2 * distance)
        level = float(normal @ one.centre + depth)
        walls[i].append(Wall(normal, level - slit_um / 2, bend, wave, phase))
        walls[j].append(Wall(-normal, -level - slit_um / 2, -bend, wave, phase))
    return [replace(body, walls=tuple(own)) for body, own in zip(bodies, walls, strict=True)]
