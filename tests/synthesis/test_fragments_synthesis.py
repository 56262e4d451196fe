from __future__ import annotations

import numpy as np
import pytest

from ivfgrade.synthesis.fragments import DIAMETER_UM, LARGE_UM, diameter, pattern
from ivfgrade.synthesis.geometry import Raster
from ivfgrade.synthesis.masks import truth
from ivfgrade.synthesis.scene import Scene, Wanted, Zona, embryo, volume_ratio

PATTERNS = {"I": 0.35, "II": 0.25, "III": 0.25, "IV": 0.12, "V": 0.03}
RASTER = Raster(360, 360, 2.0, 180.0, 180.0)


def make(ratio: float, stage: int = 4, seed: int = 0, **only: float) -> Scene:
    zona = Zona(156.0, 18.0, 0.0, 0.0)
    rng = np.random.default_rng(seed)
    return embryo(Wanted(stage, ratio, zona, 1.0, only or PATTERNS, depth_um=17.0), rng)


def test_diameters_are_the_measured_log_normal() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([diameter(rng) for _ in range(4000)])
    assert drawn.min() >= DIAMETER_UM[0] == 4.0
    assert drawn.max() <= DIAMETER_UM[1] == 45.0
    assert np.median(drawn) == pytest.approx(10.1, abs=0.4)
    assert np.log(drawn).std() == pytest.approx(0.47, abs=0.03)  # 0.5 before truncation
    assert min(diameter(rng, LARGE_UM) for _ in range(200)) >= LARGE_UM


def test_minimal_patterns_are_never_severe() -> None:
    rng = np.random.default_rng(0)
    severe = {pattern(PATTERNS, 0.6, rng) for _ in range(200)}
    assert severe == {"III", "IV", "V"}
    assert "I" in {pattern(PATTERNS, 0.02, rng) for _ in range(50)}


def test_a_pattern_that_cannot_reach_the_ratio_gives_way() -> None:
    only_minimal = {"I": 1.0, "II": 0.0, "III": 0.0, "IV": 0.0, "V": 0.0}
    assert pattern(only_minimal, 0.6, np.random.default_rng(0)) == "III"


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.2, 0.4, 0.7])
def test_the_wanted_ratio_is_reached(ratio: float) -> None:
    scene = make(ratio)
    assert truth(scene.bodies, RASTER, scene.focus).area_ratio == pytest.approx(ratio, abs=0.06)
    assert bool(scene.of("fragment")) == (ratio > 0)


@pytest.mark.parametrize("stage", [2, 3, 4])
def test_an_embryo_has_its_cells_inside_the_zona(stage: int) -> None:
    for seed in range(3):
        scene = make(0.1, stage, seed)
        assert len(scene.of("cell")) == stage
        seen = truth(scene.bodies, RASTER, scene.focus).embryo
        rows, cols = np.nonzero(seen)
        distance = np.hypot(RASTER.x_um(cols), RASTER.y_um(rows))
        assert np.percentile(distance, 99) < scene.zona.inner_radius + 4


def test_fragments_take_their_volume_from_the_cells() -> None:
    cells = [sum(body.volume for body in make(ratio).of("cell")) for ratio in (0.0, 0.7)]
    assert cells[1] < 0.92 * cells[0]


def test_area_exceeds_volume_and_more_so_for_small_fragments() -> None:
    def excess(**only: float) -> float:
        found = []
        for seed in range(4):
            scene = make(0.4, 4, seed, **{**dict.fromkeys(PATTERNS, 0.0), **only})
            area = truth(scene.bodies, RASTER, scene.focus).area_ratio
            found.append(area / volume_ratio(scene))
        return float(np.mean(found))

    scattered, large = excess(III=1.0), excess(IV=1.0)
    assert large > 1.3
    assert scattered > 1.15 * large


def test_hard_negatives_do_occur() -> None:
    kinds = {body.kind for seed in range(12) for body in make(0.1, 4, seed).bodies}
    assert {"polar_body", "nucleus", "vacuole", "corona", "cell", "fragment"} <= kinds
