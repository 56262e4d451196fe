from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ivfgrade.synthesis.params import SynthesisParams

SECTION: dict[str, Any] = {
    "paired": 3,
    "weak": 2,
    "sites": 6,
    "styles": {"well": 0.5, "microscope": 0.3, "soft": 0.2},
    "overlay_share": 0.5,
    "stages": {"2": 0.4, "3": 0.15, "4": 0.45},
    "patterns": {"I": 0.35, "II": 0.25, "III": 0.25, "IV": 0.12, "V": 0.03},
    "grade_mix": {"A": 0.35, "B": 0.30, "C": 0.22, "D": 0.13},
    "grade_borders": (0.10, 0.25, 0.50),
    "fragment_free_share": 0.2,
    "focus_depth_um": 17.0,
    "grades_follow": "area",
    "grade_noise": 0.05,
    "annotators": 0,
    "annotator_jitter_px": 1.5,
    "annotator_miss_um": 5.0,
    "annotator_merge_um": 1.5,
    "defects": {"defocus": 0, "saturation": 0, "empty": 0, "two_embryos": 0},
}


@pytest.fixture
def synthesis() -> Callable[..., SynthesisParams]:
    def make(**changes: Any) -> SynthesisParams:
        return SynthesisParams(**{**SECTION, **changes})

    return make
