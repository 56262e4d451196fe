"""One map for everything: masks stay on their objects, padding stays empty, ratios stay put."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from ivfgrade.fragmentation.augment import augment, dihedral, geometry, optics, warp
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.sampling import Embryos, Labels, load_batch
from ivfgrade.fragmentation.spec import AugmentParams
from tests.fragmentation.arrays import SCHEME, tiny_arrays

STILL = AugmentParams(0.0, (1.0, 1.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
WILD = AugmentParams(180.0, (0.8, 1.2), 0.2, 0.3, 0.3, 0.1, 0.1, 1.5, 0.05)


@pytest.fixture
def batch() -> Batch:
    arrays = tiny_arrays()
    return load_batch(Embryos(arrays, Labels(arrays.manifest, SCHEME.interval)), np.arange(6))


def ratio(batch: Batch) -> torch.Tensor:
    return batch.fragment.sum(dim=(1, 2, 3)) / batch.embryo.sum(dim=(1, 2, 3))


def random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_eight_symmetries_are_distinct_and_keep_lengths() -> None:
    maps = dihedral(torch.arange(8))
    assert len({tuple(m.flatten().tolist()) for m in maps}) == 8
    torch.testing.assert_close(maps @ maps.transpose(1, 2), torch.eye(2).expand(8, 2, 2))


@pytest.mark.parametrize("index", range(8))
def test_a_symmetry_moves_pixels_and_changes_none(batch: Batch, index: int) -> None:
    turn = dihedral(torch.full((6,), index))
    turned = warp(batch, torch.cat([turn, torch.zeros(6, 2, 1)], dim=2))
    for name in ("image", "fragment", "embryo", "valid"):
        before, after = getattr(batch, name), getattr(turned, name)
        torch.testing.assert_close(
            before.flatten(1).sort()[0], after.flatten(1).sort()[0], atol=1e-4, rtol=0
        )
    back = torch.linalg.inv(turn)
    restored = warp(turned, torch.cat([back, torch.zeros(6, 2, 1)], dim=2))
    torch.testing.assert_close(restored.image, batch.image, atol=1e-4, rtol=0)
    assert torch.equal(restored.fragment, batch.fragment)


@pytest.mark.parametrize("seed", range(5))
def test_the_ratio_survives_every_map(batch: Batch, seed: int) -> None:
    moved = geometry(batch, WILD, random(seed))
    torch.testing.assert_close(ratio(moved), ratio(batch), atol=0.03, rtol=0)
    assert (moved.embryo.sum(dim=(1, 2, 3)) > 0.6 * batch.embryo.sum(dim=(1, 2, 3))).all()


@pytest.mark.parametrize("seed", range(5))
def test_masks_stay_on_what_they_outline(batch: Batch, seed: int) -> None:
    moved = geometry(batch, WILD, random(seed))
    for i in range(6):
        grey = moved.image[i, 0]
        inside, outside = moved.fragment[i, 0] > 0, (moved.embryo - moved.fragment)[i, 0] > 0
        assert grey[inside].mean() > grey[outside].mean() + 0.2


def test_a_map_that_would_lose_embryo_is_not_taken(batch: Batch) -> None:
    far = dataclasses.replace(STILL, scale=(3.0, 3.0))
    moved = geometry(batch, far, random(0))
    torch.testing.assert_close(moved.embryo.sum(dim=(1, 2, 3)), batch.embryo.sum(dim=(1, 2, 3)))


def test_an_embryo_without_outline_is_only_flipped_and_turned(batch: Batch) -> None:
    unknown = batch.replace(has_embryo=torch.zeros(6, dtype=torch.bool))
    moved = geometry(unknown, WILD, random(1))
    before, after = batch.image.flatten(1).sort()[0], moved.image.flatten(1).sort()[0]
    torch.testing.assert_close(before, after, atol=1e-4, rtol=0)


def test_padding_is_zero_after_everything(batch: Batch) -> None:
    seen = augment(batch, WILD, random(2))
    assert not (seen.image * (1 - seen.valid)).any()
    assert float(seen.image.min()) >= 0.0
    assert float(seen.image.max()) <= 1.0


def test_no_strength_means_no_change(batch: Batch) -> None:
    torch.testing.assert_close(
        optics(batch, STILL, random(0)).image, batch.image, atol=1e-5, rtol=0
    )


def test_blur_keeps_the_mean_and_lowers_the_contrast(batch: Batch) -> None:
    blurred = optics(batch, dataclasses.replace(STILL, blur_px=2.0), random(0)).image
    centre = (slice(None), slice(None), slice(16, 48), slice(16, 48))
    torch.testing.assert_close(
        blurred[centre].mean(), batch.image[centre].mean(), atol=0.02, rtol=0
    )
    assert blurred[centre].std() < batch.image[centre].std()


def test_a_view_is_a_function_of_its_generator(batch: Batch) -> None:
    first, second = augment(batch, WILD, random(5)), augment(batch, WILD, random(5))
    assert torch.equal(first.image, second.image)
    assert not torch.equal(first.image, augment(batch, WILD, random(6)).image)
