"""Imaging set-ups. A site owns one microscope: style, shear axis, optics, camera, background.

`well` is the dark well of a time-lapse incubator; `microscope` the crisp, tinted Hoffman picture of
a static microscope; `soft` the low-contrast, grey crop with thin dark outlines of other time-lapse
systems. Within a style every site differs, because clinics do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

GOLDEN = 0.6180339887498949
WELL_PX_PER_UM, WELL_PX_PER_UM_SD, WELL_FRAME = 1.8, 0.07, 500


@dataclass(frozen=True)
class Optics:
    px_per_um: float
    shear: float  # angle of the shear axis, radians; pi/2 = dark on top
    relief: float  # gain of the directional gradient
    scatter: float  # loss at steep slopes of either sign: dark outlines
    fringe_um: float  # out-of-focus distance that draws dark (or, negative, bright) outlines
    fringe_rate: float  # and its change with height
    membrane: float  # loss along a membrane seen edge-on: a thin dark line
    membrane_um: float  # its distance from the edge, about half its width
    shell_um: float  # optical path that it adds: a line with a dark and a bright side
    absorption: float  # loss per micrometre of cytoplasm
    blur_um: float  # sharpness in focus
    defocus: float  # further blur, micrometres per micrometre of height
    darkest: float  # floor of the transmission curve, in units of the background
    brightest: float  # and its ceiling
    grain: float  # SD of the granular texture, in units of the background
    grain_um: float
    zona: float  # contrast of the zona
    zona_speckle: float  # SD of its texture, in units of the background


@dataclass(frozen=True)
class WellLook:
    inner_um: float  # diameter
    ring_um: float  # width of the bright ring
    ring_peak: float  # its grey level where it is brightest
    soft_um: float
    reach: float  # how far down the sides the ring stays bright
    turn: float  # radians by which its brightest part lies right of the top
    sag: float  # darkening towards the foot of the well
    field: float  # grey level outside the well, at the top


@dataclass(frozen=True)
class Camera:
    height: int
    width: int
    background: float  # grey level
    ramp: float  # grey levels from top to bottom
    vignette: float
    tint: tuple[float, float, float]
    grey: bool
    noise: float  # grey levels
    noise_px: float  # over how many pixels it is smeared
    sharpening: float
    jpeg_quality: int  # 0 = lossless file
    overlay: bool
    well: WellLook | None
    debris: float  # expected loose clumps


@dataclass(frozen=True)
class Site:
    name: str
    style: str
    optics: Optics
    camera: Camera


def site(number: int, seed: int, styles: Mapping[str, float], overlay_share: float) -> Site:
    """Site `number`, whatever the number of sites: styles interleave by their shares."""
    rng = np.random.default_rng([seed, 1, number])
    edges = np.cumsum(list(styles.values()))
    place = (0.11 + number * GOLDEN) % 1.0
    style = list(styles)[min(int(np.searchsorted(edges, place, side="right")), len(edges) - 1)]
    optics, camera = STYLE_MAKERS[style](rng, rng.random() < overlay_share)
    return Site(f"site-{number:02d}", style, optics, camera)


def _lognormal(rng: np.random.Generator, median: float, sigma: float) -> float:
    return float(median * np.exp(sigma * rng.standard_normal()))


def _well(rng: np.random.Generator, overlay: bool) -> tuple[Optics, Camera]:
    aligned = rng.random() < 0.8
    px_per_um = rng.normal(WELL_PX_PER_UM, WELL_PX_PER_UM_SD)
    side = int(rng.choice([500, 500, 500, 500, 400, 640]))
    edges = rng.spawn(1)[0]
    optics = Optics(
        px_per_um=float(px_per_um * side / WELL_FRAME),
        shear=np.pi / 2 if aligned else float(rng.integers(8)) * np.pi / 4,
        relief=_lognormal(rng, 9.5, 0.2),
        scatter=_lognormal(rng, 3.0, 0.5),
        fringe_um=float(rng.normal(0.8, 0.5)),
        fringe_rate=float(rng.uniform(0.03, 0.15)),
        membrane=_lognormal(edges, 0.75, 0.2),
        membrane_um=float(edges.uniform(0.6, 1.0)),
        shell_um=_lognormal(edges, 0.12, 0.3),
        absorption=float(rng.uniform(0.0005, 0.002)),
        blur_um=float(rng.uniform(0.25, 0.45)),
        defocus=float(rng.uniform(0.05, 0.11)),
        darkest=float(rng.uniform(0.08, 0.2)),
        brightest=float(rng.uniform(2.4, 3.4)),
        grain=_lognormal(rng, 0.13, 0.2),
        grain_um=float(rng.uniform(0.5, 0.7)),
        zona=_lognormal(rng, 1.5, 0.3),
        zona_speckle=_lognormal(rng, 0.05, 0.3),
    )
    background = _background(rng)
    camera = Camera(
        height=side,
        width=side,
        background=background,
        ramp=float(rng.normal(9, 3)),
        vignette=0.0,
        tint=(1.0, 1.0, 1.0),
        grey=bool(rng.random() < 0.7),
        noise=float(rng.uniform(0.4, 1.5)),
        noise_px=0.0,
        sharpening=0.0,
        jpeg_quality=int(rng.integers(85, 96)),
        overlay=bool(overlay),
        well=_well_look(background, rng) if rng.random() < 0.95 else None,
        debris=float(rng.uniform(0, 1.5)),
    )
    return optics, camera


def _well_look(background: float, rng: np.random.Generator) -> WellLook:
    return WellLook(
        inner_um=float(rng.normal(206, 6)),
        ring_um=float(rng.uniform(9, 15)),
        ring_peak=background * float(rng.uniform(1.9, 3.0)),
        soft_um=float(rng.uniform(1.5, 5)),
        reach=float(rng.uniform(0.6, 0.95)),
        turn=float(rng.normal(0.25, 0.25)),
        sag=float(rng.uniform(0.0, 0.2)),
        field=background * float(rng.uniform(0.55, 1.0)),
    )


def _background(rng: np.random.Generator) -> float:
    """Most incubators expose alike; some are set much brighter."""
    if rng.random() < 0.15:
        return float(rng.uniform(110, 185))
    return float(np.clip(rng.normal(84, 9), 60, 110))


def _frame(rng: np.random.Generator, shortest: int, longest: int) -> tuple[int, int, float]:
    """Height, width, px/um: the field holds the zona and a margin, the camera any pixel count."""
    short = int(np.clip(_lognormal(rng, 340, 0.5), shortest, longest))
    aspect = float(rng.choice([1.0, 1.0, 1.08, 1.25, 1.33]))
    field_um = 156 * rng.uniform(1.0, 1.15 if rng.random() < 0.6 else 1.6)
    long = min(int(short * aspect), longest)
    height, width = (short, long) if rng.random() < 0.75 else (long, short)
    return height, width, short / field_um


def _microscope(rng: np.random.Generator, _overlay: bool) -> tuple[Optics, Camera]:
    height, width, px_per_um = _frame(rng, 220, 1200)
    edges = rng.spawn(1)[0]
    optics = Optics(
        px_per_um=px_per_um,
        shear=float(rng.integers(8)) * np.pi / 4 + float(rng.normal(0, 0.1)),
        relief=_lognormal(rng, 5.5, 0.25),
        scatter=_lognormal(rng, 0.8, 0.8),
        fringe_um=float(rng.normal(0.8, 0.8)),
        fringe_rate=float(rng.uniform(0.02, 0.08)),
        membrane=_lognormal(edges, 0.6, 0.25),
        membrane_um=float(edges.uniform(0.5, 0.8)),
        shell_um=_lognormal(edges, 0.07, 0.3),
        absorption=float(rng.uniform(0.0, 0.0015)),
        blur_um=float(rng.uniform(0.2, 0.45)),
        defocus=float(rng.uniform(0.04, 0.10)),
        darkest=float(rng.uniform(0.3, 0.5)),
        brightest=float(rng.uniform(1.25, 1.45)),
        grain=_lognormal(rng, 0.09, 0.25),
        grain_um=float(rng.uniform(0.45, 0.8)),
        zona=_lognormal(rng, 0.8, 0.4),
        zona_speckle=_lognormal(rng, 0.022, 0.5),
    )
    grey = rng.random() < 0.6
    camera = Camera(
        height=height,
        width=width,
        background=float(np.clip(rng.normal(182, 8), 160, 205)),
        ramp=float(rng.normal(0, 6)),
        vignette=float(rng.uniform(0, 0.06)),
        tint=(1.0, 1.0, 1.0) if grey else _tint(rng),
        grey=bool(grey),
        noise=float(rng.uniform(2, 4.5)),
        noise_px=0.6 * max(1.0, min(height, width) / 299),
        sharpening=float(rng.uniform(0.4, 1.6) if rng.random() < 0.8 else 0),
        jpeg_quality=0 if rng.random() < 0.3 else int(rng.integers(75, 96)),
        overlay=False,
        well=None,
        debris=float(rng.uniform(0, 5)),
    )
    return optics, camera


def _tint(rng: np.random.Generator) -> tuple[float, float, float]:
    """A slight colour cast, as a balanced camera leaves it; mean kept near 1."""
    cast = np.exp(rng.normal(0, 0.014, 3))
    cast /= cast.mean()
    return float(cast[0]), float(cast[1]), float(cast[2])


def _soft(rng: np.random.Generator, _overlay: bool) -> tuple[Optics, Camera]:
    height, width, px_per_um = _frame(rng, 220, 480)
    edges = rng.spawn(1)[0]
    optics = Optics(
        px_per_um=px_per_um,
        shear=float(rng.integers(8)) * np.pi / 4,
        relief=_lognormal(rng, 3.0, 0.4),
        scatter=_lognormal(rng, 5.0, 0.4),
        fringe_um=float(rng.normal(1.3, 0.6)),
        fringe_rate=float(rng.uniform(0.03, 0.15)),
        membrane=_lognormal(edges, 0.65, 0.25),
        membrane_um=float(edges.uniform(0.5, 0.75)),
        shell_um=_lognormal(edges, 0.03, 0.4),
        absorption=float(rng.uniform(0.0025, 0.0055)),
        blur_um=float(rng.uniform(0.2, 0.4)),
        defocus=float(rng.uniform(0.05, 0.11)),
        darkest=float(rng.uniform(0.15, 0.4)),
        brightest=float(rng.uniform(1.25, 1.5)),
        grain=_lognormal(rng, 0.04, 0.35),
        grain_um=float(rng.uniform(0.45, 0.75)),
        zona=_lognormal(rng, 0.8, 0.3),
        zona_speckle=_lognormal(rng, 0.018, 0.5),
    )
    camera = Camera(
        height=height,
        width=width,
        background=float(np.clip(rng.normal(156, 14), 115, 190)),
        ramp=float(rng.normal(0, 5)),
        vignette=float(rng.uniform(0, 0.2)),
        tint=(1.0, 1.0, 1.0),
        grey=bool(rng.random() < 0.3),
        noise=float(rng.uniform(1, 2)),
        noise_px=0.6 * max(1.0, min(height, width) / 299),
        sharpening=float(rng.uniform(0, 0.8)),
        jpeg_quality=0 if rng.random() < 0.4 else int(rng.integers(80, 96)),
        overlay=False,
        well=None,
        debris=float(rng.uniform(0, 3)),
    )
    return optics, camera


STYLE_MAKERS = {"well": _well, "microscope": _microscope, "soft": _soft}
