import numpy as np
import pytest

from ivfgrade.evaluation.calibration_error import nothing, reliability

EVERYWHERE = np.ones(4, bool)


def test_expected_error_by_hand():
    # bin [0, .5): two pixels at .2 and .4, none true; bin [.5, 1]: .6 and 1, both true
    curve = reliability(np.array([0.2, 0.4, 0.6, 1.0]), np.array([0, 0, 1, 1]), EVERYWHERE, bins=2)
    assert curve.expected_error() == pytest.approx((abs(0.6 - 0) + abs(1.6 - 2)) / 4)
    mean, share = curve.curve()
    assert mean == pytest.approx([0.3, 0.8])
    assert share == pytest.approx([0, 1])


def test_an_honest_forecast_has_no_error():
    truth = np.array([1, 0, 0, 0])
    assert reliability(np.full(4, 0.25), truth, EVERYWHERE, 10).expected_error() == 0


def test_images_add_up_and_uncounted_pixels_do_not():
    counted = np.array([True, True, False, False])
    one = reliability(np.array([0.9, 0.9, 0.1, 0.1]), np.array([1, 0, 1, 1]), counted, 4)
    both = nothing(4) + one + one
    assert both.pixels.sum() == 4
    assert both.expected_error() == pytest.approx(one.expected_error()) == pytest.approx(0.4)
    assert np.isnan(nothing(4).expected_error())
