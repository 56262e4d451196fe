"""Imaging set-ups. A site owns one microscope: style, shear axis, optics, camera, background.

`well` is the dark well of a time-lapse incubator; `microscope` the crisp, tinted Hoffman picture of
a static microscope; `soft` the low-contrast, grey crop with thin dark outlines of other time-lapse
systems. Within a style every site differs, because clinics do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ivfgrade.synthesis.draws import (
    Draw,
    cast,
    chance,
    eighths,
    fixed,
    lognormal,
    mixture,
    normal,
    one_of,
    uniform,
    whole,
)
from ivfgrade.synthesis.params import STYLES
from ivfgrade.synthesis.scene import ZONA_OUTER_UM

GOLDEN = 0.6180339887498949
WELL_FRAME = 500  # px, at which its scale is stated
NEUTRAL = (1.0, 1.0, 1.0)
SMEAR, SMEAR_FRAME = (
    0.6,
    299,
)  # px over which cameras without a well smear noise, and larger ones more


@dataclass(frozen=True)
class Optics:
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
    ring_peak: float  # its light where it is brightest, in units of the background
    soft_um: float
    reach: float  # how far down the sides the ring stays bright
    turn: float  # radians by which its brightest part lies right of the top
    sag: float  # darkening towards the foot of the well
    field: float  # light outside the well, at the top, in units of the background


@dataclass(frozen=True)
class Camera:
    height: int
    width: int
    px_per_um: float
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


Row = tuple[Draw, Draw, Draw]  # one distribution per style: well, microscope, soft

OPTICS: dict[str, Row] = {
    "shear": (mixture(0.8, fixed(np.pi / 2), eighths(0)), eighths(0.1), eighths(0)),
    "relief": (lognormal(9.5, 0.2), lognormal(5.5, 0.25), lognormal(3.0, 0.4)),
    "scatter": (lognormal(3.0, 0.5), lognormal(0.8, 0.8), lognormal(5.0, 0.4)),
    "fringe_um": (normal(0.8, 0.5), normal(0.8, 0.8), normal(1.3, 0.6)),
    "fringe_rate": (uniform(0.03, 0.15), uniform(0.02, 0.08), uniform(0.03, 0.15)),
    "membrane": (lognormal(0.75, 0.2), lognormal(0.6, 0.25), lognormal(0.65, 0.25)),
    "membrane_um": (uniform(0.6, 1.0), uniform(0.5, 0.8), uniform(0.5, 0.75)),
    "shell_um": (lognormal(0.12, 0.3), lognormal(0.07, 0.3), lognormal(0.03, 0.4)),
    "absorption": (uniform(0.0005, 0.002), uniform(0.0, 0.0015), uniform(0.0025, 0.0055)),
    "blur_um": (uniform(0.25, 0.45), uniform(0.2, 0.45), uniform(0.2, 0.4)),
    "defocus": (uniform(0.05, 0.11), uniform(0.04, 0.10), uniform(0.05, 0.11)),
    "darkest": (uniform(0.08, 0.2), uniform(0.3, 0.5), uniform(0.15, 0.4)),
    "brightest": (uniform(2.4, 3.4), uniform(1.25, 1.45), uniform(1.25, 1.5)),
    "grain": (lognormal(0.13, 0.2), lognormal(0.09, 0.25), lognormal(0.04, 0.35)),
    "grain_um": (uniform(0.5, 0.7), uniform(0.45, 0.8), uniform(0.45, 0.75)),
    "zona": (lognormal(1.5, 0.3), lognormal(0.8, 0.4), lognormal(0.8, 0.3)),
    "zona_speckle": (lognormal(0.05, 0.3), lognormal(0.022, 0.5), lognormal(0.018, 0.5)),
}
# most incubators expose alike; a few are set much brighter
WELL_BACKGROUND = mixture(0.15, uniform(110, 185), normal(84, 9, 60, 110))
CAMERA: dict[str, Row] = {
    "background": (WELL_BACKGROUND, normal(182, 8, 160, 205), normal(156, 14, 115, 190)),
    "ramp": (normal(9, 3), normal(0, 6), normal(0, 5)),
    "vignette": (fixed(0.0), uniform(0, 0.06), uniform(0, 0.2)),
    "tint": (fixed(NEUTRAL), cast(0.014), fixed(NEUTRAL)),
    "grey": (chance(0.7), chance(0.6), chance(0.3)),
    "noise": (uniform(0.4, 1.5), uniform(2, 4.5), uniform(1, 2)),
    "sharpening": (fixed(0.0), mixture(0.8, uniform(0.4, 1.6), fixed(0.0)), uniform(0, 0.8)),
    "jpeg_quality": (
        whole(85, 95),
        mixture(0.3, fixed(0), whole(75, 95)),
        mixture(0.4, fixed(0), whole(80, 95)),
    ),
    "debris": (uniform(0, 1.5), uniform(0, 5), uniform(0, 3)),
}
WELL: dict[str, Draw] = {
    "inner_um": normal(206, 6),
    "ring_um": uniform(9, 15),
    "ring_peak": uniform(1.9, 3.0),
    "soft_um": uniform(1.5, 5),
    "reach": uniform(0.6, 0.95),
    "turn": normal(0.25, 0.25),
    "sag": uniform(0.0, 0.2),
    "field": uniform(0.55, 1.0),
}
WELL_SHARE = 0.95  # of the well sites whose frame is as wide as the well
WELL_PX_PER_UM, WELL_SIDE = normal(1.8, 0.07), one_of(500, 500, 500, 500, 400, 640)
SHORT_SIDE = {
    "microscope": lognormal(340, 0.5, 220, 1200),
    "soft": lognormal(340, 0.5, 220, 480),
}
LONGEST = {"microscope": 1200, "soft": 480}
ASPECT = one_of(1.0, 1.0, 1.08, 1.25, 1.33)
FIELD_UM = mixture(  # a mean zona at the least, so a large one may touch the border
    0.6,
    uniform(ZONA_OUTER_UM, 1.15 * ZONA_OUTER_UM),
    uniform(ZONA_OUTER_UM, 1.6 * ZONA_OUTER_UM),
)


def site(number: int, seed: int, styles: Mapping[str, float], overlay_share: float) -> Site:
    """Site `number`, whatever the number of sites: styles interleave by their shares."""
    rng = np.random.default_rng([seed, 1, number])
    edges = np.cumsum(list(styles.values()))
    place = (0.11 + number * GOLDEN) % 1.0
    style = list(styles)[min(int(np.searchsorted(edges, place, side="right")), len(edges) - 1)]
    overlay = rng.random() < overlay_share and style == "well"
    height, width, px_per_um = _frame(style, rng)
    optics = Optics(**_drawn(OPTICS, style, rng))
    look = _drawn(CAMERA, style, rng)
    smear = 0.0 if style == "well" else SMEAR * max(1.0, min(height, width) / SMEAR_FRAME)
    well = _well(rng) if style == "well" else None
    camera = Camera(height, width, px_per_um, noise_px=smear, overlay=overlay, well=well, **look)
    return Site(f"site-{number:02d}", style, optics, camera)


def _drawn(table: Mapping[str, Row], style: str, rng: np.random.Generator) -> dict[str, Any]:
    return {name: row[STYLES.index(style)](rng) for name, row in table.items()}


def _well(rng: np.random.Generator) -> WellLook | None:
    if rng.random() >= WELL_SHARE:
        return None
    return WellLook(**{name: draw(rng) for name, draw in WELL.items()})


def _frame(style: str, rng: np.random.Generator) -> tuple[int, int, float]:
    """Height, width, px/um: a square round the well; or zona and margin in any pixel count."""
    if style == "well":
        side = WELL_SIDE(rng)
        return side, side, WELL_PX_PER_UM(rng) * side / WELL_FRAME
    short = int(SHORT_SIDE[style](rng))
    long = min(int(short * ASPECT(rng)), LONGEST[style])
    px_per_um = short / FIELD_UM(rng)
    return (short, long, px_per_um) if rng.random() < 0.75 else (long, short, px_per_um)
