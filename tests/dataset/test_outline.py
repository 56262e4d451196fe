from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_erosion, gaussian_filter

from ivfgrade.dataset.outline import estimate_outline
from ivfgrade.dataset.well import well_interior

ROW, COLUMN = np.mgrid[:300, :320].astype(float)


def scene(well: bool, brightness: float = 100.0) -> tuple[np.ndarray, np.ndarray]:
    """Two granular cells in a faint zona; on request in a bright ring on a dark dish."""
    rng = np.random.default_rng(0)
    one = np.hypot(ROW - 135, COLUMN - 150) < 42
    other = np.hypot(ROW - 185, COLUMN - 165) < 38
    embryo = one | other
    zona = np.hypot(ROW - 158, COLUMN - 157) < 90
    grain = gaussian_filter(rng.normal(0, 1, ROW.shape), 1.2)
    grain /= grain.std()
    grey = brightness + np.where(embryo, 18, np.where(zona, 3, 1)) * grain
    grey[embryo] -= 15
    grey[embryo & ~binary_erosion(embryo, iterations=3)] -= 35  # the membrane
    if well:
        distance = np.hypot(ROW - 150, COLUMN - 160)
        grey = np.where(distance > 128, 25 + grain, grey)
        grey += 150 * np.exp(-(((distance - 122) / 6) ** 2))
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, -1), embryo


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("well", [True, False])
@pytest.mark.parametrize("brightness", [70.0, 150.0])
def test_cells_are_found_without_zona_and_ring(well: bool, brightness: float) -> None:
    image, embryo = scene(well, brightness)
    estimate = estimate_outline(image)
    assert estimate is not None
    assert overlap(estimate, embryo) > 0.8


def test_the_estimate_turns_with_the_picture() -> None:
    image, _ = scene(well=False)
    upright, turned = estimate_outline(image), estimate_outline(np.rot90(image).copy())
    assert upright is not None
    assert turned is not None
    assert overlap(np.rot90(upright), turned) > 0.9


@pytest.mark.parametrize("kind", ["flat", "noise", "ring"])
def test_without_an_embryo_there_is_no_outline(kind: str) -> None:
    rng = np.random.default_rng(1)
    grey = np.full((200, 240), 110.0)
    if kind != "flat":
        grey += rng.normal(0, 2, grey.shape)
    if kind == "ring":
        rows, columns = np.mgrid[:200, :240]
        grey += 120 * np.exp(-(((np.hypot(rows - 100, columns - 120) - 90) / 5) ** 2))
    image = np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, -1)
    assert estimate_outline(image) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (8, 300)])
def test_extreme_shapes_have_no_outline(shape: tuple[int, int]) -> None:
    assert estimate_outline(np.zeros((*shape, 3), np.uint8)) is None


def test_only_a_ring_limits_the_search() -> None:
    with_ring, _ = scene(well=True)
    without, _ = scene(well=False)
    grey = with_ring[..., 0].astype(np.float32)
    interior = well_interior(grey)
    distance = np.hypot(ROW - 150, COLUMN - 160)
    assert interior[distance < 100].all()
    assert not interior[distance > 150].any()
    assert well_interior(without[..., 0].astype(np.float32)).all()
