"""What lies behind and around the embryo: the well with its ring, or an evenly lit dish."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from ivfgrade.synthesis.geometry import Body, Raster, ellipsoid_form, lobes, rotation
from ivfgrade.synthesis.sites import Camera, WellLook

FIELD_ENDS_UM, FIELD_SOFT_UM = 8.0, 13.0  # the light outside the well stops near its middle


@dataclass(frozen=True)
class Well:
    """Centre of the well relative to the embryo, micrometres."""

    x_um: float
    y_um: float


def illumination(
    camera: Camera, well: Well, raster: Raster, rng: np.random.Generator
) -> np.ndarray:
    """H W grey levels without the embryo."""
    row = np.linspace(-0.5, 0.5, raster.height, dtype=np.float32)[:, None]
    col = np.linspace(-0.5, 0.5, raster.width, dtype=np.float32)[None, :]
    flat = camera.background + camera.ramp * row
    if camera.well is not None:
        dirt = _smudges(camera, raster, rng)
        relative = (flat + dirt) / camera.background
        return camera.background * _in_well(relative, camera.well, well, raster, rng)
    tilt = rng.normal(0, 0.04) * col + rng.normal(0, 0.03) * row
    return flat * (1 + tilt) * (1 - camera.vignette * 2 * (row**2 + col**2)) + _clouds(raster, rng)


def _clouds(raster: Raster, rng: np.random.Generator) -> np.ndarray:
    """Slow unevenness of the light, made small and enlarged."""
    small = gaussian_filter(rng.standard_normal((24, 24)), 3).astype(np.float32) * 4.5  # SD 0.4
    size, box = (raster.width, raster.height), (4, 4, 19, 19)  # not the mirrored rim
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC, box=box))


def _in_well(
    flat: np.ndarray, look: WellLook, well: Well, raster: Raster, rng: np.random.Generator
) -> np.ndarray:
    """In units of the background: ring and field follow when a picture is brighter."""
    x = (raster.x_um(np.arange(raster.width))[None, :] - well.x_um).astype(np.float32)
    y = (raster.y_um(np.arange(raster.height))[:, None] - well.y_um).astype(np.float32)
    radius = np.hypot(x, y) + 1e-3
    up = -y / radius  # 1 at the top of the well, -1 at its foot
    lit = up * math.cos(look.turn) + x / radius * math.sin(look.turn)
    inner = look.inner_um / 2
    outer = inner + look.ring_um * (0.75 + 0.25 * up)
    soft = look.soft_um
    inside = _step(inner - radius, 0.35 * soft)
    ring = _step(radius - inner, 0.35 * soft) * _step(outer - radius, 0.8 * soft)
    strength = np.clip(look.reach + 0.65 * lit, 0, 1) ** 1.3
    arcs = _arcs(radius, x, y, rng)
    shade = _step(FIELD_ENDS_UM - y, FIELD_SOFT_UM) * (1 + look.turn * x / inner)
    beyond = look.field * shade * (1 + arcs) * _step(radius - inner, soft)
    beyond *= 0.6 + 0.4 * np.exp(-np.maximum(radius - outer, 0) / 60)
    sag = 1 - look.sag * np.clip(radius / inner, 0, 1) ** 4 * np.clip(-up, 0, 1)
    return inside * flat * sag + ring * strength * look.ring_peak + (1 - ring) * beyond


def _smudges(camera: Camera, raster: Raster, rng: np.random.Generator) -> np.ndarray:
    """Faint, far out-of-focus dirt on the dish."""
    y = raster.y_um(np.arange(raster.height))[:, None].astype(np.float32)
    x = raster.x_um(np.arange(raster.width))[None, :].astype(np.float32)
    dirt = np.zeros(raster.shape, np.float32)
    for _ in range(int(rng.integers(5))):
        row, col = rng.uniform(-80, 80, 2).tolist()  # NumPy's floats would make it double
        tall, wide = rng.uniform(1.5, 4), rng.uniform(4, 12)
        spot = np.exp(-(((y - row) / tall) ** 2)) * np.exp(-(((x - col) / wide) ** 2))
        dirt -= rng.uniform(0.01, 0.09) * camera.background * spot
    return dirt


def _step(distance: np.ndarray, width: float) -> np.ndarray:
    """The logistic function, without overflow."""
    return 0.5 + 0.5 * np.tanh(distance / (2 * width))


def _arcs(radius: np.ndarray, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Machining marks: a few grooves at random distances, whose strength wanders round the well."""
    angle = np.arctan2(y, x)
    arcs = np.zeros_like(radius)
    for width_um, depth in ((1.0, 0.05), (3.0, 0.05)):
        step = width_um / 3
        profile = gaussian_filter(rng.standard_normal(int(400 / step)), 3) * 3.3  # unit SD
        profile *= np.abs(profile) / 1.5  # a few deep grooves, little between them
        order, turn, shift = int(rng.integers(1, 5)), *rng.uniform(0, 2 * np.pi, 2)
        wander = radius + 2.0 * np.sin(2 * angle + shift)
        strength = np.clip(0.4 + 0.8 * np.sin(order * angle + turn), 0, 1)
        arcs += depth * strength * np.interp(wander, np.arange(profile.size) * step, profile)
    return arcs


def debris(camera: Camera, zona_radius: float, rng: np.random.Generator) -> list[Body]:
    """Clumps of cumulus cells and loose specks in the dish, outside the zona."""
    found: list[Body] = []
    for _ in range(int(rng.poisson(camera.debris))):
        angle = rng.uniform(0, 2 * np.pi)
        centre = zona_radius * rng.uniform(1.05, 1.35) * np.array([np.cos(angle), np.sin(angle), 0])
        size = rng.uniform(1.5, 5)
        for _ in range(int(rng.integers(2, 16))):
            spot = centre + rng.normal(0, size, 3)
            axes = rng.uniform(0.8, 2.8) * rng.uniform(0.6, 1.4, 3)
            form = ellipsoid_form(rotation(rng), axes)
            found.append(Body("debris", spot, form, rng.uniform(0.015, 0.05), 0.5, lobes(rng, 0.2)))
    return found
