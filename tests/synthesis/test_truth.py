from __future__ import annotations

import numpy as np
import pytest

from ivfgrade.synthesis.geometry import Body, Raster
from ivfgrade.synthesis.masks import instances, shadow, truth

RASTER = Raster(300, 300, 2.0, 150.0, 150.0)


def ball(kind: str, x: float, radius: float, z: float = 0.0) -> Body:
    return Body(kind, np.array([x, 0.0, z]), np.eye(3) / radius**2, 0.02)


@pytest.mark.parametrize("kind", ["corona", "polar_body", "debris", "nucleus", "vacuole"])
def test_lookalikes_are_neither_fragment_nor_embryo(kind: str) -> None:
    exact = truth([ball(kind, 10, 6)], RASTER, 0.0)
    assert not exact.fragment.any()
    assert not exact.embryo.any()
    assert exact.area_ratio == 0


def test_a_lookalike_over_a_cell_changes_nothing() -> None:
    cell = ball("cell", 0, 30)
    alone = truth([cell], RASTER, 0.0)
    both = truth([cell, ball("polar_body", 28, 6)], RASTER, 0.0)
    assert (alone.embryo == both.embryo).all()


def test_overlapping_fragments_count_once_and_lie_in_the_embryo() -> None:
    cell, piece = ball("cell", 0, 30), ball("fragment", 30, 8)
    once = truth([cell, piece], RASTER, 0.0)
    twice = truth([cell, piece, ball("fragment", 30, 8, z=20)], RASTER, 0.0)
    assert (once.fragment == twice.fragment).all()
    assert once.fragment.sum() == pytest.approx(np.pi * 16**2, rel=0.03)
    assert not (once.fragment & ~once.embryo).any()
    assert once.area_ratio == once.fragment.sum() / once.embryo.sum()


def test_only_fragments_near_the_sharp_plane_are_in_focus() -> None:
    bodies = [ball("cell", 0, 30), ball("fragment", 30, 8), ball("fragment", -30, 8, z=40)]
    exact = truth(bodies, RASTER, 0.0)
    assert exact.in_focus_ratio == pytest.approx(exact.area_ratio / 2, rel=0.02)


def test_instances_rebuild_the_mask() -> None:
    bodies = [ball("fragment", x, 6) for x in (-20, 0, 20)]
    mask = np.zeros(RASTER.shape, bool)
    for _, seen in instances(bodies, RASTER):
        mask[seen.rows, seen.cols] |= seen.chord > 0
    assert (mask == shadow(bodies, RASTER)).all()


@pytest.mark.parametrize(("size", "covered"), [(10, 0.64), (20, 0.40), (40, 0.23)])
def test_a_tenth_of_the_volume_covers_far_more_than_a_tenth_of_the_area(
    size: float, covered: float
) -> None:
    """science.md 3.1: spheres holding 10 % of a 110 um zygote, thrown at random inside the zona."""
    rng = np.random.default_rng(3)
    count = round(0.10 * 110**3 / size**3)
    inside = (114 - size) / 2
    bodies = []
    while len(bodies) < count:
        spot = rng.uniform(-inside, inside, 3)
        if np.linalg.norm(spot) <= inside:
            bodies.append(Body("fragment", spot, np.eye(3) / (size / 2) ** 2, 0.02))
    zygote_px = np.pi * 55**2 * RASTER.px_per_um**2
    assert shadow(bodies, RASTER).sum() / zygote_px == pytest.approx(covered, abs=0.07)
