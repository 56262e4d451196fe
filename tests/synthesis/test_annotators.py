from __future__ import annotations

import numpy as np
import pytest

from ivfgrade.synthesis.annotators import miss_probability, outline, perceived_grade, shaken
from ivfgrade.synthesis.geometry import Body, Focus, Raster
from ivfgrade.synthesis.masks import instances, shadow

RASTER = Raster(160, 160, 1.0, 80.0, 80.0)
BORDERS, NAMES = (0.10, 0.25, 0.50), ("A", "B", "C", "D")


def ball(x: float, y: float, radius: float) -> Body:
    return Body("fragment", np.array([x, y, 0.0]), np.eye(3) / radius**2, 0.02)


BODIES = [ball(x, y, 7) for x in (-50, -17, 17, 50) for y in (-50, -17, 17, 50)]


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * int((one & other).sum()) / int(one.sum() + other.sum())


def test_agreement_falls_with_jitter() -> None:
    exact = shadow(BODIES, RASTER)
    found = [
        dice(exact, shaken(exact, jitter, np.random.default_rng(0))) for jitter in (0, 0.5, 1, 2, 4)
    ]
    assert found[0] == 1
    assert all(a > b for a, b in zip(found, found[1:], strict=False))
    assert 0.8 < found[2] < 0.97
    assert 0.65 < found[3] < 0.95


def test_small_fragments_are_missed_more() -> None:
    assert miss_probability(5.0, 5.0) == pytest.approx(0.5)
    chances = [miss_probability(size, 5.0) for size in (4, 6, 10, 20, 40)]
    assert all(a > b for a, b in zip(chances, chances[1:], strict=False))
    assert chances[-1] < 0.001


def test_a_careful_annotator_is_exact_and_a_blind_one_sees_nothing() -> None:
    found = instances(BODIES, RASTER, Focus(0.0, 17.0))
    careful = outline(found, RASTER.shape, 0.0, 1e-3, 0, np.random.default_rng(0))
    assert (careful == shadow(BODIES, RASTER)).all()
    blind = outline(found, RASTER.shape, 0.0, 1e3, 0, np.random.default_rng(0))
    assert not blind.any()


def test_narrow_gaps_are_painted_over_and_nothing_is_lost() -> None:
    pair = [ball(-8.5, 0, 7), ball(8.5, 0, 7)]
    found = instances(pair, RASTER, Focus(0.0, 17.0))
    plain, merged = (
        outline(found, RASTER.shape, 0.0, 1e-3, gap, np.random.default_rng(0)) for gap in (0, 4)
    )
    assert not plain[80, 80]
    assert merged[80, 80]
    assert not (plain & ~merged).any()


def kappa(one: np.ndarray, other: np.ndarray) -> float:
    table = np.zeros((4, 4))
    np.add.at(table, (one, other), 1)
    table /= table.sum()
    chance = float(table.sum(0) @ table.sum(1))
    return (float(np.trace(table)) - chance) / (1 - chance)


def test_the_default_noise_agrees_with_the_truth_as_human_graders_do() -> None:
    rng = np.random.default_rng(0)
    low, high = np.array([0, 0.1, 0.25, 0.5]), np.array([0.1, 0.25, 0.5, 0.8])
    grade = rng.choice(4, size=4000, p=[0.35, 0.30, 0.22, 0.13])
    ratio = low[grade] + (high - low)[grade] * rng.beta(1.2, 1.5, 4000)
    seen = [NAMES.index(perceived_grade(r, BORDERS, NAMES, 0.09, rng)) for r in ratio]
    assert 0.5 < kappa(grade, np.array(seen)) < 0.7
    assert np.abs(grade - np.array(seen)).max() <= 2


def test_without_noise_the_grade_is_the_bin() -> None:
    rng = np.random.default_rng(0)
    found = [perceived_grade(r, BORDERS, NAMES, 0.0, rng) for r in (0, 0.0999, 0.1, 0.25, 0.5, 0.9)]
    assert found == ["A", "A", "B", "C", "D", "D"]
