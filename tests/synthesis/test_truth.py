from __future__ import annotations

import numpy as np
import pytest

from ivfgrade.synthesis.geometry import Body, Focus, Raster
from ivfgrade.synthesis.masks import instances, shadow, truth

RASTER = Raster(300, 300, 2.0, 150.0, 150.0)
FOCUS = Focus(0.0, 17.0)


def ball(kind: str, x: float, radius: float, z: float = 0.0) -> Body:
    return Body(kind, np.array([x, 0.0, z]), np.eye(3) / radius**2, 0.02)


@pytest.mark.parametrize("kind", ["corona", "polar_body", "debris", "nucleus", "vacuole"])
def test_lookalikes_are_neither_fragment_nor_embryo(kind: str) -> None:
    exact = truth([ball(kind, 10, 6)], RASTER, FOCUS)
    assert not exact.fragment.any()
    assert not exact.embryo.any()
    assert exact.area_ratio == 0


def test_a_lookalike_over_a_cell_changes_nothing() -> None:
    cell = ball("cell", 0, 30)
    alone = truth([cell], RASTER, FOCUS)
    both = truth([cell, ball("polar_body", 28, 6)], RASTER, FOCUS)
    assert (alone.embryo == both.embryo).all()


def test_overlapping_fragments_count_once_and_lie_in_the_embryo() -> None:
    cell, piece = ball("cell", 0, 30), ball("fragment", 30, 8)
    once = truth([cell, piece], RASTER, FOCUS)
    twice = truth([cell, piece, ball("fragment", 30, 8, z=20)], RASTER, FOCUS)
    assert (once.fragment == twice.fragment).all()
    assert once.fragment.sum() == pytest.approx(np.pi * 16**2, rel=0.03)
    assert not (once.fragment & ~once.embryo).any()
    assert once.area_ratio == once.fragment.sum() / once.embryo.sum()


def test_over_a_cell_only_fragments_near_the_sharp_plane_can_be_seen() -> None:
    cell, near, far = (
        ball("cell", 0, 30),
        ball("fragment", 0, 8, z=10),
        ball("fragment", 0, 8, z=40),
    )
    assert truth([cell, near], RASTER, FOCUS).fragment.sum() == pytest.approx(
        np.pi * 16**2, rel=0.03
    )
    unseen = truth([cell, far], RASTER, FOCUS)
    assert not unseen.fragment.any()
    assert unseen.projected_ratio > 0


def test_beyond_the_cells_a_fragment_is_seen_at_any_height() -> None:
    alone = truth([ball("cell", 0, 30), ball("fragment", 50, 8, z=40)], RASTER, FOCUS)
    assert (alone.fragment == alone.projected).all()
    half = truth([ball("cell", 0, 30), ball("fragment", 30, 8, z=40)], RASTER, FOCUS)
    assert 0.4 < half.fragment.sum() / half.projected.sum() < 0.6


def test_instances_rebuild_the_mask() -> None:
    bodies = [ball("fragment", x, 6) for x in (-20, 0, 20)]
    mask = np.zeros(RASTER.shape, bool)
    for _, seen in instances(bodies, RASTER, FOCUS):
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
    bodies: list[Body] = []
    while len(bodies) < count:
        spot = rng.uniform(-inside, inside, 3)
        if np.linalg.norm(spot) <= inside:
            bodies.append(Body("fragment", spot, np.eye(3) / (size / 2) ** 2, 0.02))
    zygote_px = np.pi * 55**2 * RASTER.px_per_um**2
    assert shadow(bodies, RASTER).sum() / zygote_px == pytest.approx(covered, abs=0.07)
