"""Fragments of drawn masks, of which size and place are known."""

import math

import numpy as np
import pytest

from ivfgrade.bundle.fragments import fragments_of


def drawn(*rectangles: tuple[int, int, int, int]) -> np.ndarray:
    """Rows and columns from, to."""
    mask = np.zeros((60, 80), bool)
    for top, bottom, left, right in rectangles:
        mask[top:bottom, left:right] = True
    return mask


def test_area_diameter_and_place_of_a_rectangle():
    (found,) = fragments_of(drawn((10, 20, 30, 34)))
    assert found.area_px == 40
    assert found.diameter_px == pytest.approx(2 * math.sqrt(40 / math.pi))
    assert (found.x_px, found.y_px) == (32, 15)  # edges are at whole numbers, middles between


def test_one_pixel_in_the_corner_lies_half_a_pixel_from_both_edges():
    (found,) = fragments_of(drawn((0, 1, 0, 1)))
    assert (found.area_px, found.x_px, found.y_px) == (1, 0.5, 0.5)


def test_an_l_shape_has_its_centre_of_mass():
    (found,) = fragments_of(drawn((0, 10, 0, 10), (10, 20, 0, 30)))
    assert found.area_px == 400
    assert found.x_px == pytest.approx((100 * 5 + 300 * 15) / 400)
    assert found.y_px == pytest.approx((100 * 5 + 300 * 15) / 400)


def test_what_touches_at_a_corner_is_one_and_a_gap_parts():
    assert len(fragments_of(drawn((0, 5, 0, 5), (5, 9, 5, 9)))) == 1
    assert len(fragments_of(drawn((0, 5, 0, 5), (6, 9, 5, 9)))) == 2


def test_the_largest_comes_first_then_the_upper_then_the_left():
    found = fragments_of(drawn((40, 44, 9, 13), (2, 6, 50, 54), (2, 6, 9, 13), (20, 30, 20, 30)))
    assert [(one.area_px, one.x_px, one.y_px) for one in found] == [
        (100, 25, 25), (16, 11, 4), (16, 52, 4), (16, 11, 42),
    ]  # fmt: skip


def test_nothing_is_none():
    assert fragments_of(drawn()) == []


def test_micrometres_scale_lengths_once_and_areas_twice():
    (found,) = fragments_of(drawn((10, 20, 30, 34)))
    in_pixels = {"area_px": 40, "diameter_px": 7.14, "x_px": 32, "y_px": 15}
    assert found.record(None) == in_pixels
    assert found.record(0.5) == {
        **in_pixels, "area_um2": 10, "diameter_um": 3.57, "x_um": 16, "y_um": 7.5,
    }  # fmt: skip


def test_a_disc_has_about_its_own_diameter():
    rows, columns = np.mgrid[:60, :80] + 0.5
    (found,) = fragments_of((rows - 30) ** 2 + (columns - 41) ** 2 <= 20**2)
    assert found.diameter_px == pytest.approx(40, rel=0.01)
    assert (found.x_px, found.y_px) == pytest.approx((41, 30))
