"""What `params.yaml` says about synthetic embryos: counts, mixes, sites and annotators.

Measured sizes and refractive indices are facts, not choices: they stand as constants beside the
code that uses them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ivfgrade.errors import InputError

PATTERNS = ("I", "II", "III", "IV", "V")  # Alikani
STAGES = ("2", "3", "4")
STYLES = ("well", "microscope", "soft")
DEFECTS = ("defocus", "saturation", "empty", "two_embryos")
FOLLOW = ("area", "volume")


@dataclass(frozen=True)
class SynthesisParams:
    paired: int  # images with masks
    weak: int  # images with a grade only
    sites: int  # imaging set-ups, each with its own look
    styles: Mapping[str, float]  # share of sites per imaging style
    overlay_share: float  # share of well sites that burn text into the frame
    stages: Mapping[str, float]  # share of embryos with 2, 3 or 4 cells
    patterns: Mapping[str, float]  # Alikani pattern, re-weighted to fit the wanted ratio
    grade_mix: Mapping[str, float]  # wanted share of each grade, best grade first
    grade_borders: tuple[float, ...]  # upper border of every grade but the last
    focus_depth_um: float  # a fragment over a cell counts within this height of the sharp plane
    fragment_free_share: float  # share of the best grade without any fragment
    grades_follow: str  # area (as imaged) or volume (as the textbooks define it)
    grade_noise: float  # SD of the square root of the ratio as one observer perceives it
    annotators: int  # simulated annotators per paired image; 0 writes exact masks only
    annotator_jitter_px: float
    annotator_miss_um: float  # diameter at which half of the fragments are missed
    annotator_merge_um: float  # gaps narrower than this are painted over
    defects: Mapping[str, int]  # further images per labelled defect

    def __post_init__(self) -> None:
        object.__setattr__(self, "grade_borders", tuple(self.grade_borders))
        object.__setattr__(self, "stages", {str(k): v for k, v in self.stages.items()})
        _shares("styles", self.styles, STYLES)
        _shares("stages", self.stages, STAGES)
        _shares("patterns", self.patterns, PATTERNS)
        _shares("grade_mix", self.grade_mix, tuple(self.grade_mix))
        _require(
            len(self.grade_borders) == len(self.grade_mix) - 1,
            "grade_borders: one less than grades",
        )
        edges = (0.0, *self.grade_borders, 1.0)
        _require(list(edges) == sorted(set(edges)), "grade_borders must rise between 0 and 1")
        _require(self.grades_follow in FOLLOW, f"grades_follow must be one of {', '.join(FOLLOW)}")
        _require(set(self.defects) == set(DEFECTS), f"defects needs exactly {', '.join(DEFECTS)}")
        counts = (self.paired, self.weak, self.annotators, *self.defects.values())
        _require(min(counts) >= 0, "counts must not be negative")
        _require(self.sites >= 1, "sites must be at least 1")
        _require(0 <= self.overlay_share <= 1, "overlay_share must lie in [0, 1]")
        _require(0 <= self.fragment_free_share <= 1, "fragment_free_share must lie in [0, 1]")
        spreads = (self.grade_noise, self.annotator_jitter_px)
        _require(min(*spreads, self.annotator_merge_um) >= 0, "noise must not be negative")
        _require(self.annotator_miss_um > 0, "annotator_miss_um must be positive")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(f"params.yaml, synthesize: {message}")


def _shares(name: str, shares: Mapping[str, float], allowed: tuple[str, ...]) -> None:
    _require(set(shares) == set(allowed), f"{name} needs exactly {', '.join(allowed)}")
    total = sum(shares.values())
    _require(min(shares.values()) >= 0, f"{name} must not be negative")
    _require(math.isclose(total, 1.0, abs_tol=1e-6), f"{name} must add up to 1, not {total:g}")
