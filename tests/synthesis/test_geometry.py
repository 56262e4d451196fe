from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivfgrade.synthesis.geometry import (
    Body,
    Raster,
    chord,
    ellipsoid_form,
    flatten_contacts,
    gap,
    lobes,
    patch,
    reach,
    rotation,
)

RASTER = Raster(200, 240, 2.0, 100.0, 120.0)


def ball(x: float = 0, y: float = 0, z: float = 0, radius: float = 20, kind: str = "cell") -> Body:
    return Body(kind, np.array([x, y, z], float), np.eye(3) / radius**2, 0.02)


def test_chord_of_a_sphere() -> None:
    x = np.array([0.0, 12.0, 16.0, 19.9, 25.0])
    expected = 2 * np.sqrt(np.maximum(20**2 - x**2, 0))
    assert chord(ball(), x, np.zeros(5)) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), axes=st.tuples(*[st.floats(8, 40)] * 3))
def test_chords_add_up_to_the_volume_however_it_is_turned(
    seed: int, axes: tuple[float, float, float]
) -> None:
    form = ellipsoid_form(rotation(np.random.default_rng(seed)), axes)
    body = Body("cell", np.array([3.0, -5.0, 9.0]), form, 0.02)
    seen = patch(body, RASTER)
    assert seen is not None
    volume = seen.chord.sum() / RASTER.px_per_um**2
    assert volume == pytest.approx(4 / 3 * np.pi * np.prod(axes), rel=0.02)
    assert body.volume == pytest.approx(4 / 3 * np.pi * np.prod(axes))


def test_two_pressed_spheres_share_a_flat_wall_and_lose_their_overlap() -> None:
    rng = np.random.default_rng(0)
    pair = flatten_contacts([ball(-15), ball(15)], slit_um=0.0, bend_um=0.0, rng=rng)
    x, y = np.array([-0.1, 0.1]), np.zeros(2)
    assert chord(pair[0], x, y)[1] == 0
    assert chord(pair[1], x, y)[0] == 0
    shadows = [patch(body, RASTER) for body in pair]
    volume = sum(s.chord.sum() for s in shadows if s is not None) / RASTER.px_per_um**2
    height = 20 - 15  # of the cap that each loses
    lost = np.pi * height**2 * (3 * 20 - height) / 3
    assert volume == pytest.approx(2 * (4 / 3 * np.pi * 20**3 - lost), rel=0.01)


def test_distant_bodies_stay_round() -> None:
    rng = np.random.default_rng(0)
    assert all(not b.walls for b in flatten_contacts([ball(-30), ball(30)], 0.5, 2.0, rng))


def test_gap_and_reach_of_a_sphere() -> None:
    points = np.array([[30.0, 0, 0], [0, 10, 0]])
    assert gap(ball(), points) == pytest.approx([10, -10])
    assert reach(ball(), np.array([0.0, 1, 0])) == pytest.approx(20)


def test_patch_outside_the_image_is_none_and_at_the_border_is_cut() -> None:
    assert patch(ball(x=500), RASTER) is None
    cut = patch(ball(x=60), RASTER)
    assert cut is not None
    assert cut.cols.stop == RASTER.width


def test_lobes_bend_the_contour_but_hardly_the_area() -> None:
    rng = np.random.default_rng(1)
    round_body = ball()
    bent = Body("cell", round_body.centre, round_body.form, 0.02, 0.0, lobes(rng, 0.1))
    one, other = patch(round_body, RASTER), patch(bent, RASTER)
    assert one is not None
    assert other is not None
    areas = [(s.chord > 0).sum() for s in (one, other)]
    assert areas[0] == pytest.approx(np.pi * 40**2, rel=0.01)
    assert areas[1] == pytest.approx(areas[0], rel=0.05)
    assert one.chord.shape != other.chord.shape
