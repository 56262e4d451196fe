from __future__ import annotations

import numpy as np
import pytest

from ivfgrade.synthesis.background import Well, illumination
from ivfgrade.synthesis.geometry import Raster
from ivfgrade.synthesis.sites import Camera, site

STYLES = {"well": 0.5, "microscope": 0.3, "soft": 0.2}
RASTER = Raster(180, 240, 1.0, np.float64(90.0), np.float64(120.0))


def eye(style: str) -> Camera:
    return next(s.camera for n in range(20) if (s := site(n, 0, STYLES, 0.0)).style == style)


@pytest.mark.parametrize("style", list(STYLES))
def test_the_light_is_single_precision_and_of_the_frame(style: str) -> None:
    """Doubles would take twice the time for every later step."""
    well = Well(np.float64(3.0), np.float64(-2.0))
    for seed in range(4):
        light = illumination(eye(style), well, RASTER, np.random.default_rng(seed))
        assert light.dtype == np.float32
        assert light.shape == RASTER.shape


def test_outside_a_well_the_light_is_even_but_for_slow_clouds() -> None:
    light = illumination(eye("soft"), Well(0, 0), RASTER, np.random.default_rng(0))
    assert np.abs(np.diff(light, axis=0)).max() < 1
    assert np.abs(np.diff(light, axis=1)).max() < 1
