"""Hoffman-like image formation: gradients of the optical path, seen through a three-level slit.

P(x, y) = sum_k dn_k chord_k(x, y), blurred by each object's distance from the sharp plane;
transmission = curve(-relief * u . grad P) with further losses at steep slopes, in cytoplasm and
along membranes, which cells, fragments and their like show as a thin line at their contour.
Everything is in units of the flat background, which is 1.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import gaussian_filter

from ivfgrade.synthesis.geometry import Body, Patch, Raster, patch
from ivfgrade.synthesis.scene import Scene, Zona
from ivfgrade.synthesis.sites import Optics

DEEPEST = 0.4  # most that steep slopes can take, as an exponent
SCRAMBLE_UM = 14.0
GRAIN_THICKNESS = 7.0  # square root of a cell's thickness: there the texture has its full SD
LINED = {
    "cell": 1.0,
    "fragment": 0.9,
    "polar_body": 0.9,
    "corona": 0.4,
    "debris": 0.4,
    "vacuole": 0.7,
}
DENSE_GRAIN = 2.0  # granules of dense bodies, relative to a cell's of the same thickness
LINE_SPREAD = 0.65  # so little is left at the edge that its whole pixels do not show
GLINT = 0.8  # of the most granular, if small
SMALL_UM = 8.0  # diameter up to which a body without nucleus is dense and refracts fully
BLUR_ENDS = 3  # standard deviations from its middle
FINEST_BLUR_PX = 0.6  # contours are cut by whole pixels
FRAGMENT_ABSORBS = 0.5  # relative to cytoplasm
DENSE = ("fragment", "polar_body")  # drier than cells, the more so the more granular
RELIEF_SHARE, SPECK_SHARE, SLOW_SHARE = 0.8, 0.5, 0.4  # measured autocorrelation, 3.2
ZONA_FUZZ_UM, ZONA_INNER_UM = 3.0, 0.8


def transmission(
    scene: Scene, optics: Optics, raster: Raster, rng: np.random.Generator
) -> np.ndarray:
    """H W float32, 1 where nothing is."""
    total, signal, outline, grain, thick, cover = (
        np.zeros(raster.shape, np.float32) for _ in range(6)
    )
    for height, bodies in _levels(scene):
        path, line = (np.zeros(raster.shape, np.float32) for _ in range(2))
        sights = [(body, seen) for body in bodies if (seen := patch(body, raster)) is not None]
        if not sights:
            continue
        for body, seen in sights:
            _add(body, seen, path, grain, thick, cover)
            _draw(body, seen, line, optics, raster.px_per_um)
        sigma = (optics.blur_um + optics.defocus * abs(height)) * raster.px_per_um
        sigma = max(sigma, FINEST_BLUR_PX)
        box = _box(sights, math.ceil(BLUR_ENDS * sigma) + 2)
        fringe_um = optics.fringe_um + optics.fringe_rate * height
        shelled = path[box] + optics.shell_um * line[box]
        blurred = gaussian_filter(shelled, sigma, truncate=BLUR_ENDS)
        signal[box] -= fringe_um * _bend(blurred, raster.px_per_um)
        total[box] += blurred
        outline[box] += gaussian_filter(line[box], sigma, truncate=BLUR_ENDS)
    dx, dy = slopes(total, raster.px_per_um)
    signal -= optics.relief * (math.cos(optics.shear) * dx + math.sin(optics.shear) * dy)
    loss = optics.scatter * (dx**2 + dy**2)  # of the whole path: cells that touch hide their faces
    # fragments above or below a cell scramble the light of its granules
    signal += _granules(np.sqrt(grain) / (1 + cover / SCRAMBLE_UM), optics, raster.px_per_um, rng)
    zona_signal, zona_loss = zona(scene.zona, optics, raster, rng)
    light = curve(signal + zona_signal, optics.darkest, optics.brightest)
    edges = np.minimum(loss, DEEPEST) + optics.membrane * np.minimum(outline, 1)
    return light * np.exp(-optics.absorption * thick - zona_loss - edges)


def _levels(scene: Scene) -> list[tuple[float, list[Body]]]:
    """Bodies by height above the sharp plane, rounded to the levels that share one blur."""
    found: dict[float, list[Body]] = {}
    for body in scene.bodies:
        found.setdefault(scene.focus.level_um(body), []).append(body)
    return sorted(found.items())


def _box(sights: list[tuple[Body, Patch]], margin: int) -> tuple[slice, slice]:
    """The window that holds these bodies and what blur and slopes spread them to."""
    rows, cols = ([seen.window[axis] for _, seen in sights] for axis in range(2))
    top, left = (max(min(s.start for s in spans) - margin, 0) for spans in (rows, cols))
    foot, right = (max(s.stop for s in spans) + margin for spans in (rows, cols))
    return slice(top, foot), slice(left, right)


def _add(
    body: Body,
    seen: Patch,
    path: np.ndarray,
    grain: np.ndarray,
    thick: np.ndarray,
    cover: np.ndarray,
) -> None:
    """Add one body to the optical path, granularity, cytoplasm and fragment thickness."""
    window = seen.window
    dense = 1 + _small(body) * body.grain if body.kind in DENSE else 1.0
    rough = DENSE_GRAIN if body.kind in DENSE else 1.0
    path[window] += dense * body.index * seen.chord
    if body.grain:
        grain[window] += (rough * body.grain) ** 2 * seen.chord
    if body.kind == "cell":
        thick[window] += seen.chord
    if body.kind == "fragment":
        thick[window] += FRAGMENT_ABSORBS * seen.chord
        cover[window] += seen.chord


def _small(body: Body) -> float:
    """1 for a small body, less for a large one, which holds more water: it looks like a cell."""
    return min(1.0, SMALL_UM / body.diameter)


def _draw(body: Body, seen: Patch, line: np.ndarray, optics: Optics, px_per_um: float) -> None:
    """Add the body's contour: 1 along its membrane, which lies just inside the shadow's edge."""
    if body.kind not in LINED:
        return
    square = seen.chord.astype(np.float32) ** 2  # near a contour it grows like the distance to it
    dx, dy = slopes(square, px_per_um)
    depth_um = square / (np.hypot(dx, dy) + 1e-6)
    drawn = (
        LINED[body.kind]
        * np.exp(-(((depth_um / optics.membrane_um - 1) / LINE_SPREAD) ** 2))
        * (square > 0)
    )
    if body.kind in DENSE:  # a small dense ball gathers the light behind its middle
        glint = GLINT * body.grain * _small(body)
        drawn -= glint * (seen.chord / body.diameter) ** 2
    line[seen.window] += drawn


def slopes(path: np.ndarray, px_per_um: float) -> tuple[np.ndarray, np.ndarray]:
    """dP/dx, dP/dy per micrometre, by central differences."""
    dx, dy = np.zeros_like(path), np.zeros_like(path)
    dx[:, 1:-1] = (path[:, 2:] - path[:, :-2]) * (px_per_um / 2)
    dy[1:-1] = (path[2:] - path[:-2]) * (px_per_um / 2)
    return dx, dy


def _bend(path: np.ndarray, px_per_um: float) -> np.ndarray:
    """Laplacian of the path: out of focus it draws outlines, by transport of intensity."""
    bend = np.zeros_like(path)
    bend[1:-1, 1:-1] = (
        path[2:, 1:-1] + path[:-2, 1:-1] + path[1:-1, 2:] + path[1:-1, :-2]
    ) - 4 * path[1:-1, 1:-1]
    return px_per_um**2 * bend


def curve(signal: np.ndarray, darkest: float, brightest: float) -> np.ndarray:
    """Flat is 1; one slope sign saturates towards `darkest`, the other towards `brightest`."""
    up, down = brightest - 1, 1 - darkest
    return np.where(
        signal > 0, 1 + up * np.tanh(signal / up), 1 + down * np.tanh(signal / down)
    ).astype(np.float32)


def _granules(
    granular: np.ndarray, optics: Optics, px_per_um: float, rng: np.random.Generator
) -> np.ndarray:
    """Granules in relief and as plain specks, a few vesicles, and slow unevenness."""
    fine_px = optics.grain_um * px_per_um
    normal = rng.standard_normal(granular.shape, dtype=np.float32)
    vesicles = normal * np.abs(normal) * (np.abs(normal) > 1.8)
    fine = _unit(gaussian_filter(normal + 0.6 * vesicles, fine_px, truncate=3))
    slow = _unit(gaussian_filter(normal[::-1], 3.0 * fine_px, truncate=2.5))
    dx, dy = slopes(fine, px_per_um)
    relief = _unit(math.cos(optics.shear) * dx + math.sin(optics.shear) * dy)
    texture = RELIEF_SHARE * relief + SPECK_SHARE * fine[:, ::-1] + SLOW_SHARE * slow
    return (optics.grain / GRAIN_THICKNESS * granular * texture).astype(np.float32)


def _unit(field: np.ndarray) -> np.ndarray:
    return field / max(float(field.std()), 1e-9)


def zona(
    shell: Zona, optics: Optics, raster: Raster, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Directional signal and loss of the zona: a fuzzy, speckled gel with a sharp inner edge."""
    x = raster.x_um(np.arange(raster.width))[None, :].astype(np.float32)
    y = raster.y_um(np.arange(raster.height))[:, None].astype(np.float32)
    cos, sin = math.cos(shell.angle), math.sin(shell.angle)
    along, across = x * cos + y * sin, y * cos - x * sin
    radius = np.hypot(along, across / (1 - shell.eccentricity))
    outer, inner = shell.outer_um / 2, shell.inner_radius
    within = 1 / (1 + np.exp(np.clip((radius - outer + ZONA_FUZZ_UM) / ZONA_FUZZ_UM, -30, 30)))
    beyond_inner = 1 / (1 + np.exp(np.clip((inner - radius) / ZONA_INNER_UM, -30, 30)))
    gel = within * beyond_inner
    speckle_px = 0.6 * raster.px_per_um
    noise = rng.standard_normal(raster.shape, dtype=np.float32)
    speckle = gaussian_filter(noise, speckle_px, truncate=3) * speckle_px * 3.5
    rim = np.exp(-(((radius - inner) / 1.5) ** 2))
    slope = 4 * within * (1 - within) * beyond_inner
    facing = (x * math.cos(optics.shear) + y * math.sin(optics.shear)) / np.maximum(radius, 1)
    relief = facing * (0.14 * slope + 0.07 * gel - 0.12 * rim)
    signal = optics.zona_speckle * gel * speckle + optics.zona * relief
    loss = optics.zona * (0.045 * gel + 0.07 * rim)
    return signal.astype(np.float32), loss.astype(np.float32)
