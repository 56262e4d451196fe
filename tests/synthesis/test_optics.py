from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ivfgrade.synthesis.geometry import Body, Focus, Raster
from ivfgrade.synthesis.optics import curve, transmission
from ivfgrade.synthesis.scene import Scene, Zona
from ivfgrade.synthesis.sites import Optics, site

RASTER = Raster(220, 220, 1.5, 110.0, 110.0)
STYLES = {"well": 0.5, "microscope": 0.3, "soft": 0.2}
ONE_CELL = Scene(
    Zona(140.0, 15.0, 0.0, 0.0),
    (Body("cell", np.zeros(3), np.eye(3) / 40.0**2, 0.02),),
    "I",
    Focus(0.0, 17.0),
)


def optics(**changes: float) -> Optics:
    plain = site(0, 0, STYLES, 0.0).optics
    return replace(plain, zona=0.0, zona_speckle=0.0, fringe_um=0.0, **changes)


def light(**changes: float) -> np.ndarray:
    return transmission(ONE_CELL, optics(**changes), RASTER, np.random.default_rng(0))


def test_flat_is_one_and_the_curve_is_bounded_and_rising() -> None:
    signal = np.linspace(-20, 20, 81)
    level = curve(signal, darkest=0.1, brightest=1.8)
    assert level[40] == pytest.approx(1)
    assert (np.diff(level) >= 0).all()
    assert level[0] == pytest.approx(0.1)
    assert level[-1] == pytest.approx(1.8)


def test_nothing_in_the_light_changes_nothing() -> None:
    empty = replace(ONE_CELL, bodies=())
    seen = transmission(empty, optics(), RASTER, np.random.default_rng(0))
    assert seen == pytest.approx(1)


def test_turning_the_shear_axis_turns_the_relief() -> None:
    rows, cols = slice(60, 80), slice(100, 120)  # the cell's upper part
    down, up = light(shear=np.pi / 2), light(shear=-np.pi / 2)
    assert down[rows, cols].mean() < 0.95 < 1.05 < up[rows, cols].mean()
    assert down[::-1][rows, cols].mean() > 1.05
    across = light(shear=0.0)
    assert across[cols, rows].mean() < 0.95
    assert across[rows, cols].mean() == pytest.approx(across[::-1][rows, cols].mean(), abs=0.05)


def test_far_from_the_sharp_plane_edges_are_softer() -> None:
    sharp = light(shear=np.pi / 2, defocus=0.1)
    raised = replace(ONE_CELL, focus=Focus(40.0, 17.0))
    soft = transmission(
        raised, optics(shear=np.pi / 2, defocus=0.1), RASTER, np.random.default_rng(0)
    )
    assert np.abs(np.diff(soft, axis=0)).max() < 0.8 * np.abs(np.diff(sharp, axis=0)).max()


def test_the_blur_of_a_body_ends_where_nothing_is_left_of_it() -> None:
    """A weightless body in each corner makes the whole image one window."""
    corners = tuple(
        Body("nucleus", np.array([x, y, 0.0]), np.eye(3), 0.0) for x in (-72, 72) for y in (-72, 72)
    )
    plain = optics(shear=1.0, blur_um=3.0, grain=0.0)
    alone, wide = (
        transmission(scene, plain, RASTER, np.random.default_rng(0))
        for scene in (ONE_CELL, replace(ONE_CELL, bodies=ONE_CELL.bodies + corners))
    )
    assert (alone == wide).all()


def test_a_membrane_is_a_dark_line_just_inside_the_contour() -> None:
    flat = {"relief": 0.0, "shell_um": 0.0, "grain": 0.0}
    sharp = {"membrane_um": 0.8, "blur_um": 0.3, "defocus": 0.0}
    plain, lined = (light(membrane=strength, **flat, **sharp) for strength in (0.0, 0.5))
    loss = np.log(plain / lined)[110]  # the middle row; the cell ends 60 pixels from the middle
    assert loss[160:172].max() > 0.2
    assert 166 <= 160 + int(np.argmax(loss[160:180])) <= 170
    assert np.abs(loss[80:140]).max() < 1e-3
    assert np.abs(loss[180:]).max() < 1e-3


def test_a_fragment_and_a_polar_body_of_one_make_look_the_same() -> None:
    """What is drawn must not give away which is which."""
    seen = []
    for kind in ("fragment", "polar_body"):
        ball = Body(kind, np.zeros(3), np.eye(3) / 6.0**2, 0.02, 0.5)
        scene = replace(ONE_CELL, bodies=(ball,))
        clear = optics(absorption=0.0, grain=0.0, membrane=0.5)
        seen.append(transmission(scene, clear, RASTER, np.random.default_rng(0)))
    assert seen[0] == pytest.approx(seen[1])
    assert seen[0].min() < 0.9


def test_sites_differ_and_keep_their_look_whatever_their_number() -> None:
    made = [site(number, 5, STYLES, 0.5) for number in range(20)]
    assert made[3] == site(3, 5, STYLES, 0.5)
    assert {m.style for m in made} == set(STYLES)
    assert len({m.optics.relief for m in made}) == 20
    counts = [sum(m.style == name for m in made) for name in STYLES]
    assert counts == pytest.approx([10, 6, 4], abs=1)


def test_the_styles_are_what_they_are_named_after() -> None:
    made = [site(number, 5, STYLES, 1.0) for number in range(40)]
    wells = [m.camera for m in made if m.style == "well"]
    static = [m.camera for m in made if m.style == "microscope"]
    assert np.mean([c.background for c in wells]) < 0.7 * np.mean([c.background for c in static])
    assert any(c.well is not None for c in wells)
    assert not any(c.well or c.overlay for c in static)
    assert any(len(set(c.tint)) > 1 for c in static)
    assert any(c.height != c.width for c in static)
    assert all(min(c.height, c.width) >= 220 and max(c.height, c.width) <= 1200 for c in static)
