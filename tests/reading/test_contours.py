import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ivfgrade.reading.contours import TOLERANCE, svg_path


def lines(path: str) -> list[np.ndarray]:
    """x, y of the corners of each closed line."""
    return [
        np.array([list(map(float, point.split())) for point in line.split("L")])
        for line in re.findall(r"M([^Z]+)Z", path)
    ]


def area(line: np.ndarray) -> float:
    x, y = line.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_a_square_is_outlined_where_its_pixels_end(scale):
    mask = np.zeros((40, 60), bool)
    mask[10:20, 30:50] = True
    (line,) = lines(svg_path(mask, scale))
    low, high = line.min(0), line.max(0)
    assert low == pytest.approx([30 * scale, 10 * scale], abs=TOLERANCE)
    assert high == pytest.approx([50 * scale, 20 * scale], abs=TOLERANCE)
    assert area(line) == pytest.approx(200 * scale**2, rel=0.08)


def test_what_touches_the_edge_is_closed_there_and_a_hole_has_its_own_line():
    mask = np.ones((20, 20), bool)
    mask[8:12, 8:12] = False
    outer, hole = sorted(lines(svg_path(mask, 1.0)), key=area, reverse=True)
    assert outer.min() == pytest.approx(0, abs=TOLERANCE)
    assert outer.max() == pytest.approx(20, abs=TOLERANCE)
    assert area(hole) == pytest.approx(16, rel=0.2)


def test_a_single_pixel_is_not_lost_when_the_picture_shrinks():
    mask = np.zeros((30, 30), bool)
    mask[4, 7] = True
    (line,) = lines(svg_path(mask, 0.2))
    assert len(line) >= 3
    assert line.mean(0) == pytest.approx([1.5, 0.9], abs=0.1)


def test_nothing_has_no_outline():
    assert svg_path(np.zeros((5, 5), bool), 1.0) == ""


@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_every_line_lies_on_the_picture(mask):
    for line in lines(svg_path(mask, 1.0)):
        assert len(line) >= 3
        assert (line >= 0).all()
        assert (line <= [mask.shape[1], mask.shape[0]]).all()
