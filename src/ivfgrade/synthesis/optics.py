"""Hoffman-like image formation: gradients of the optical path, seen through a three-level slit.

P(x, y) = sum_k dn_k chord_k(x, y), blurred by each object's distance from the sharp plane;
transmission = curve(-relief * u . grad P) with further losses at steep slopes and in cytoplasm.
Everything is in units of the flat background, which is 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter

from ivfgrade.synthesis.geometry import Body, Raster, patch
from ivfgrade.synthesis.scene import Scene, Zona
from ivfgrade.synthesis.sites import Optics

LEVELS_UM = np.array([-45.0, -25.0, -9.0, 9.0, 25.0, 45.0])  # heights that share one blur
DARKEST = 0.10  # floor of the transmission curve
MARGIN_UM = 12.0  # around the zona
GRANULE_PATH_UM = 0.02  # SD of the optical path through one granular micrometre
ZONA_FUZZ_UM = 3.5


def transmission(
    scene: Scene, optics: Optics, raster: Raster, rng: np.random.Generator
) -> np.ndarray:
    """H W float32, 1 where nothing is."""
    levels = _levels(scene.bodies, raster, scene.focus_um)
    signal = np.zeros(raster.shape, np.float32)
    loss = np.zeros(raster.shape, np.float32)
    granular = np.zeros(raster.shape, np.float32)
    thick = np.zeros(raster.shape, np.float32)
    for height, path, grain, cytoplasm in levels:
        sigma = (optics.blur_um + optics.defocus * abs(height)) * optics.px_per_um
        path = gaussian_filter(path, sigma, truncate=3)
        _image_of(path, height, optics, signal, loss)
        granular += grain
        thick += cytoplasm
    grains = _granules(granular, optics, rng)
    _image_of(grains, 0.0, optics, signal, loss)
    zona_signal, zona_loss = zona(scene.zona, optics, raster, rng)
    light = curve(signal + zona_signal, optics.brightest)
    return light * np.exp(-optics.absorption * thick - zona_loss - np.minimum(loss, 1.5))


def _levels(
    bodies: Sequence[Body], raster: Raster, focus_um: float
) -> list[tuple[float, np.ndarray, np.ndarray, np.ndarray]]:
    """(height above focus, optical path, granularity, cytoplasm thickness) per used level."""
    found: dict[int, list[Body]] = {}
    for body in bodies:
        level = int(np.argmin(np.abs(LEVELS_UM - (body.centre[2] - focus_um))))
        found.setdefault(level, []).append(body)
    layers = []
    for level, members in sorted(found.items()):
        path, grain, thick = (np.zeros(raster.shape, np.float32) for _ in range(3))
        for body in members:
            seen = patch(body, raster)
            if seen is None:
                continue
            window = (seen.rows, seen.cols)
            path[window] += body.index * seen.chord
            if body.grain:
                grain[window] += body.grain * np.sqrt(seen.chord)
            if body.kind in ("cell", "fragment"):
                thick[window] += seen.chord
        layers.append((float(LEVELS_UM[level]), path, grain, thick))
    return layers


def slopes(path: np.ndarray, px_per_um: float) -> tuple[np.ndarray, np.ndarray]:
    """dP/dx, dP/dy per micrometre, by central differences."""
    dx, dy = np.zeros_like(path), np.zeros_like(path)
    dx[:, 1:-1] = (path[:, 2:] - path[:, :-2]) * (px_per_um / 2)
    dy[1:-1] = (path[2:] - path[:-2]) * (px_per_um / 2)
    return dx, dy


def _image_of(
    path: np.ndarray, height: float, optics: Optics, signal: np.ndarray, loss: np.ndarray
) -> None:
    """Add what one level contributes to the directional signal and to the losses."""
    dx, dy = slopes(path, optics.px_per_um)
    signal -= optics.relief * (np.cos(optics.shear) * dx + np.sin(optics.shear) * dy)
    steep = dx**2 + dy**2
    loss += optics.scatter * steep
    fringe = optics.focus_gain * (height / 25 + 0.3)
    if abs(fringe) > 0.02:
        bend = np.zeros_like(path)
        bend[1:-1, 1:-1] = (
            path[2:, 1:-1] + path[:-2, 1:-1] + path[1:-1, 2:] + path[1:-1, :-2]
        ) - 4 * path[1:-1, 1:-1]
        signal += fringe * bend * optics.px_per_um**2


def curve(signal: np.ndarray, brightest: float) -> np.ndarray:
    """Flat is 1; one slope sign saturates towards dark, the other towards `brightest`."""
    up, down = brightest - 1, 1 - DARKEST
    return np.where(
        signal > 0, 1 + up * np.tanh(signal / up), 1 + down * np.tanh(signal / down)
    ).astype(np.float32)


def _granules(granular: np.ndarray, optics: Optics, rng: np.random.Generator) -> np.ndarray:
    """Optical path of granules: fine ones, a few vesicles, and slow unevenness."""
    fine_px = optics.grain_um * optics.px_per_um
    shape = granular.shape
    normal = rng.standard_normal(shape, dtype=np.float32)
    vesicles = normal * np.abs(normal) * (np.abs(normal) > 1.8)
    fine = gaussian_filter(normal + 0.5 * vesicles, fine_px, truncate=3) * fine_px
    slow = gaussian_filter(normal[::-1], 3.5 * fine_px, truncate=2.5) * 3.5 * fine_px
    amount = GRANULE_PATH_UM * optics.grain * optics.grain_um
    return (amount * granular * (fine + 1.2 * slow)).astype(np.float32)


def zona(
    shell: Zona, optics: Optics, raster: Raster, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Directional signal and loss of the zona: a fuzzy, speckled gel with a sharp inner edge."""
    x = raster.x_um(np.arange(raster.width))[None, :].astype(np.float32)
    y = raster.y_um(np.arange(raster.height))[:, None].astype(np.float32)
    along = x * np.cos(shell.angle) + y * np.sin(shell.angle)
    across = -x * np.sin(shell.angle) + y * np.cos(shell.angle)
    radius = np.hypot(along, across / (1 - shell.eccentricity))
    outer, inner = shell.outer_um / 2, shell.inner_radius
    fuzz = ZONA_FUZZ_UM
    gel = (radius > inner) / (1 + np.exp(np.clip((radius - outer + fuzz) / fuzz, -30, 30)))
    speckle_px = 0.6 * optics.px_per_um
    noise = rng.standard_normal(raster.shape, dtype=np.float32)
    speckle = gaussian_filter(noise, speckle_px, truncate=3) * speckle_px * 3.5
    edge = np.exp(-(((radius - inner) / 1.2) ** 2))
    facing = (x * np.cos(optics.shear) + y * np.sin(optics.shear)) / np.maximum(radius, 1)
    signal = optics.zona * (0.16 * gel * speckle + facing * (0.10 * gel - 0.25 * edge) * -1)
    loss = optics.zona * (0.05 * gel + 0.12 * edge)
    return signal.astype(np.float32), loss.astype(np.float32)
