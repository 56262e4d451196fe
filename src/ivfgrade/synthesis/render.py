"""One case of the cohort from random numbers to file contents."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ivfgrade.synthesis import background, camera, defects, optics
from ivfgrade.synthesis.annotators import outline, perceived_grade
from ivfgrade.synthesis.cohort import Case, Patient, patient, wanted
from ivfgrade.synthesis.geometry import Raster
from ivfgrade.synthesis.masks import Truth, instances, truth
from ivfgrade.synthesis.params import DEFECT_PATIENTS, SynthesisParams
from ivfgrade.synthesis.scene import Scene, Wanted, embryo, volume_ratio
from ivfgrade.synthesis.sites import Site, site

FINEST_PX_PER_UM = 2.4  # finer cameras only enlarge what the lens resolves
NEIGHBOURHOOD = 1.55  # zona radii that hold the embryo and its debris
STREAMS = ("scene", "placing", "light", "exposure", "reading", "twin")


@dataclass(frozen=True)
class Product:
    """Everything that is written for one image."""

    stem: str
    suffix: str
    image: bytes
    fragment: bytes | None  # paired images only
    embryo: bytes | None
    annotations: tuple[bytes, ...]
    label: dict[str, str]
    truth: dict[str, str]


@dataclass(frozen=True)
class View:
    raster: Raster
    well: background.Well


@dataclass(frozen=True)
class Shot:
    """One embryo as it was photographed, with what is known about it."""

    case: Case
    place: Site
    wanted: Wanted
    scene: Scene
    view: View
    exact: Truth
    volume_ratio: float


def produce(case: Case, params: SynthesisParams, seed: int) -> Product:
    owner = patient(case.patient, seed, params.sites)
    place = site(owner.site, seed, params.styles, params.overlay_share)
    roots = np.random.SeedSequence([seed, 3, case.patient, case.embryo]).spawn(len(STREAMS))
    streams = {k: np.random.default_rng(s) for k, s in zip(STREAMS, roots, strict=True)}
    order = wanted(owner, params, streams["scene"])
    scene = embryo(order, streams["scene"])
    view = _view(place, streams["placing"])
    exact = truth(scene.bodies, view.raster, scene.focus)
    lit = _lit(place, owner, case)
    shot = Shot(case, lit, order, scene, view, exact, volume_ratio(scene))
    suffix, image = camera.encode(_picture(shot, streams), place.camera.jpeg_quality)
    return _product(shot, params, suffix, image, streams["reading"])


def _lit(place: Site, owner: Patient, case: Case) -> Site:
    look = replace(place.camera, background=place.camera.background * owner.brightness)
    lit = replace(place, camera=look)
    if case.defect == "saturation":
        return defects.overexposed(lit)
    if case.defect == "defocus":
        return replace(lit, optics=defects.blurred(lit.optics))
    return lit


def _view(place: Site, rng: np.random.Generator) -> View:
    """Where the embryo lies in the frame: anywhere in its well, or near the middle."""
    eye, scale = place.camera, place.camera.px_per_um
    row, col = eye.height / 2, eye.width / 2
    if place.style != "well":
        row += rng.normal(0, 0.03) * eye.height
        col += rng.normal(0, 0.03) * eye.width
        return View(Raster(eye.height, eye.width, scale, row, col), background.Well(0, 0))
    well_row, well_col = rng.normal(0, 6, 2) * scale
    angle, distance = rng.uniform(0, 2 * np.pi), 36 * np.sqrt(rng.random())
    x, y = distance * np.cos(angle), 4 + distance * np.sin(angle)
    raster = Raster(
        eye.height, eye.width, scale, row + well_row + y * scale, col + well_col + x * scale
    )
    return View(raster, background.Well(-x, -y))


def _picture(shot: Shot, streams: dict[str, np.random.Generator]) -> np.ndarray:
    eye, raster, rng = shot.place.camera, shot.view.raster, streams["light"]
    grey = background.illumination(eye, shot.view.well, raster, rng)
    if shot.case.defect != "empty":
        clumps = background.debris(eye, shot.scene.zona.outer_um / 2, rng)
        scene = replace(shot.scene, bodies=(*shot.scene.bodies, *clumps))
        grey = grey * _through(scene, shot.place, raster, rng)
    if shot.case.defect == "two_embryos":
        twin = embryo(shot.wanted, streams["twin"])
        beside = _beside(raster, 0.55 * twin.zona.outer_um)
        grey = grey * _through(twin, shot.place, beside, streams["twin"])
    pixels = camera.expose(grey, eye, streams["exposure"])
    return camera.burn_in(pixels, streams["exposure"]) if eye.overlay else pixels


def _beside(raster: Raster, shift_um: float) -> Raster:
    shift = shift_um * raster.px_per_um
    row, col = raster.centre_row - shift / 2, raster.centre_col + shift
    return replace(raster, centre_row=row, centre_col=col)


def _through(scene: Scene, place: Site, raster: Raster, rng: np.random.Generator) -> np.ndarray:
    """Transmission at the camera's resolution: 1 but for a window round the embryo."""
    half = (NEIGHBOURHOOD * scene.zona.outer_um / 2) * raster.px_per_um
    top, left = (max(0, int(c - half)) for c in (raster.centre_row, raster.centre_col))
    height = min(raster.height, int(raster.centre_row + half)) - top
    width = min(raster.width, int(raster.centre_col + half)) - left
    row, col = raster.centre_row - top, raster.centre_col - left
    window = Raster(height, width, raster.px_per_um, row, col)
    light = np.ones(raster.shape, np.float32)
    light[top : top + height, left : left + width] = _resolved(scene, place, window, rng)
    return light


def _resolved(scene: Scene, place: Site, raster: Raster, rng: np.random.Generator) -> np.ndarray:
    """Computed no finer than the lens resolves, then enlarged."""
    zoom = min(1.0, FINEST_PX_PER_UM / raster.px_per_um)
    if zoom == 1.0:
        return optics.transmission(scene, place.optics, raster, rng)
    small = Raster(
        math.ceil(raster.height * zoom),
        math.ceil(raster.width * zoom),
        raster.px_per_um * zoom,
        raster.centre_row * zoom,
        raster.centre_col * zoom,
    )
    light = optics.transmission(scene, place.optics, small, rng)
    box = (0, 0, raster.width * zoom, raster.height * zoom)
    size = (raster.width, raster.height)
    return np.asarray(Image.fromarray(light).resize(size, Image.Resampling.BICUBIC, box=box))


def _product(
    shot: Shot, params: SynthesisParams, suffix: str, image: bytes, rng: np.random.Generator
) -> Product:
    case = shot.case
    owner = f"{case.defect or 'P'}{case.patient % DEFECT_PATIENTS:04d}"
    stem = f"{owner}_E{case.embryo}"
    name = {"image": stem + suffix}
    label = {**name, "patient": owner, **_label(shot, params, rng)}
    full = {**name, **(_nothing() if case.defect == "empty" else _known(shot, params))}
    full |= {"style": shot.place.style, "px_per_um": f"{shot.view.raster.px_per_um:.4f}"}
    if not case.paired:
        return Product(stem, suffix, image, None, None, (), label, full)
    fragment = camera.encode_mask(shot.exact.fragment)
    whole = camera.encode_mask(shot.exact.embryo)
    marks = _annotations(params, shot.scene, shot.view, rng)
    return Product(stem, suffix, image, fragment, whole, marks, label, full)


def _grade(shot: Shot, params: SynthesisParams, noise: float, rng: np.random.Generator) -> str:
    by_area = params.grades_follow == "area"
    ratio = shot.exact.area_ratio if by_area else shot.volume_ratio
    return perceived_grade(ratio, params.grade_borders, tuple(params.grade_mix), noise, rng)


def _label(shot: Shot, params: SynthesisParams, rng: np.random.Generator) -> dict[str, str]:
    """What the clinic's table says: of weak images the grade alone."""
    case = shot.case
    return {
        "grade": "" if case.defect else _grade(shot, params, params.grade_noise, rng),
        "ratio": f"{shot.exact.area_ratio:.6f}" if case.paired else "",
        "stage": "" if case.defect == "empty" else str(shot.wanted.stage),
        "site": shot.place.name,
        "defect": case.defect,
    }


def _known(shot: Shot, params: SynthesisParams) -> dict[str, str]:
    """The truth of every image, kept apart from the labels."""
    return {
        "area_ratio": f"{shot.exact.area_ratio:.6f}",
        "volume_ratio": f"{shot.volume_ratio:.6f}",
        "projected_ratio": f"{shot.exact.projected_ratio:.6f}",
        "exact_grade": _grade(shot, params, 0.0, np.random.default_rng(0)),
        "pattern": shot.scene.pattern,
        "fragments": str(len(shot.scene.of("fragment"))),
    }


def _nothing() -> dict[str, str]:
    names = ("area_ratio", "volume_ratio", "projected_ratio", "exact_grade", "pattern", "fragments")
    return dict.fromkeys(names, "")


def _annotations(
    params: SynthesisParams, scene: Scene, view: View, rng: np.random.Generator
) -> tuple[bytes, ...]:
    if not params.annotators:
        return ()
    found = instances(scene.bodies, view.raster, scene.focus)
    merge_px = round(params.annotator_merge_um * view.raster.px_per_um)
    jitter, miss = params.annotator_jitter_px, params.annotator_miss_um
    drawn = (
        outline(found, view.raster.shape, jitter, miss, merge_px, rng)
        for _ in range(params.annotators)
    )
    return tuple(camera.encode_mask(mask) for mask in drawn)
