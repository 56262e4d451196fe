from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ivfgrade.synthesis.camera import expose
from ivfgrade.synthesis.sites import site

STYLES = {"well": 0.5, "microscope": 0.3, "soft": 0.2}


@pytest.mark.parametrize("smear", [0.6, 1.5])
def test_smeared_noise_is_as_strong_and_less_fine(smear: float) -> None:
    plain = replace(site(0, 0, STYLES, 0.0).camera, background=120.0, noise=8.0, sharpening=0.0)
    light = np.full((200, 200), 120.0, np.float32)
    made = []
    for noise_px in (0.0, smear):
        eye = replace(plain, grey=True, noise_px=noise_px)
        made.append(expose(light, eye, np.random.default_rng(0)).astype(float))
    fine, smooth = made
    assert smooth.std() == pytest.approx(fine.std(), rel=0.15)
    assert np.diff(smooth).std() < 0.85 * np.diff(fine).std()
