"""What `params.yaml` says about synthetic embryos: counts, mixes, sites and annotators.

Measured sizes and refractive indices are facts, not choices: they stand as constants beside the
code that uses them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PATTERNS = ("I", "II", "III", "IV", "V")  # Alikani
STAGES = ("2", "3", "4")
STYLES = ("well", "microscope", "soft")
DEFECTS = ("defocus", "saturation", "empty", "two_embryos")
DEFECT_PATIENTS = 1_000_000  # patient numbers of defective images start here


@dataclass(frozen=True)
class SynthesisParams:
    paired: int  # images with masks
    weak: int  # images with a grade only
    sites: int  # imaging set-ups, each with its own look
    styles: Mapping[str, float]  # share of sites per imaging style
    overlay_share: float  # share of well sites that burn text into the frame
    stages: Mapping[str, float]  # share of embryos with 2, 3 or 4 cells
    patterns: Mapping[str, float]  # Alikani pattern, re-weighted to fit the wanted ratio
    grade_mix: Mapping[str, float]  # wanted share of each grade; names in order, best first
    grade_borders: tuple[float, ...]  # upper border of every grade but the last
    focus_depth_um: float  # a fragment over a cell counts if drawn within this of the sharp plane
    fragment_free_share: float  # share of the best grade without any fragment
    grades_follow: Literal[
        "area", "volume"
    ]  # area (as imaged) or volume (as the textbooks define it)
    grade_noise: float  # SD of the square root of the ratio as one observer perceives it
    annotators: int  # simulated annotators per paired image; 0 writes exact masks only
    annotator_jitter_px: float
    annotator_miss_um: float  # diameter at which half of the fragments are missed
    annotator_merge_um: float  # gaps narrower than this are painted over
    defects: Mapping[str, int]  # further images per labelled defect

    def __post_init__(self) -> None:
        # in one order, whatever the order in the file: draws go through these tables by position
        for name, order in {"styles": STYLES, "stages": STAGES, "patterns": PATTERNS}.items():
            object.__setattr__(self, name, _shares(name, getattr(self, name), order))
        grades = tuple(sorted(self.grade_mix))
        object.__setattr__(self, "grade_mix", _shares("grade_mix", self.grade_mix, grades))
        _require(len(self.grade_borders) == len(grades) - 1, "grade_borders: one less than grades")
        edges = (0.0, *self.grade_borders, 1.0)
        _require(list(edges) == sorted(set(edges)), "grade_borders must rise between 0 and 1")
        _require(set(self.defects) == set(DEFECTS), f"defects needs exactly {', '.join(DEFECTS)}")
        for name in ("paired", "weak", "annotators"):
            _require(getattr(self, name) >= 0, f"{name} must not be negative")
        _require(min(self.defects.values()) >= 0, "defects must not be negative")
        _require(self.sites >= 1, "sites must be at least 1")
        for name in ("overlay_share", "fragment_free_share"):
            _require(0 <= getattr(self, name) <= 1, f"{name} must lie in [0, 1]")
        for name in ("grade_noise", "annotator_jitter_px", "annotator_merge_um"):
            _require(getattr(self, name) >= 0, f"{name} must not be negative")
        for name in ("annotator_miss_um", "focus_depth_um"):
            _require(getattr(self, name) > 0, f"{name} must be positive")


@dataclass(frozen=True)
class Strangers:
    """Patients that nothing was trained, chosen or fused on."""

    first_patient: int  # numbers from here on are theirs alone
    embryos_most: int  # of one patient: many patients tell more than many embryos of few
    good: int  # pictures without a defect
    defects: Mapping[str, int]  # further pictures with each planted defect

    def __post_init__(self) -> None:
        within = 0 < self.first_patient < DEFECT_PATIENTS
        _require(within, f"first_patient must lie between 1 and {DEFECT_PATIENTS - 1}")
        _require(min(self.embryos_most, self.good) >= 1, "embryos_most and good must be positive")
        _require(set(self.defects) == set(DEFECTS), f"defects needs exactly {', '.join(DEFECTS)}")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _shares(name: str, shares: Mapping[str, float], order: tuple[str, ...]) -> dict[str, float]:
    """`shares` in `order`, if they are shares."""
    _require(set(shares) == set(order), f"{name} needs exactly {', '.join(order)}")
    total = sum(shares.values())
    _require(min(shares.values()) >= 0, f"{name} must not be negative")
    _require(math.isclose(total, 1.0, abs_tol=1e-6), f"{name} must add up to 1, not {total:g}")
    return {key: shares[key] for key in order}
