"""Shares of heat in closed form."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from ivfgrade.focus.energy import (
    area_shares,
    at_grid,
    concentrations,
    energies,
    energy_shares,
    regions_of,
)
from ivfgrade.focus.measure import Outlines, with_fragments
from ivfgrade.focus.summary import sums

SIZE = 24


def box(top: int, bottom: int, left: int, right: int) -> torch.Tensor:
    mask = torch.zeros(SIZE, SIZE, dtype=torch.float64)
    mask[top:bottom, left:right] = 1
    return mask


VALID = box(0, SIZE, 4, 20)[None, None]
REGIONS = torch.stack([box(6, 12, 8, 16), box(6, 18, 6, 18)])[None]  # fragment inside embryo


def test_a_map_that_lies_on_the_fragments_has_all_its_energy_there():
    heat = torch.zeros(1, SIZE, SIZE)
    heat[0, 7:10, 9:12] = 3.0
    assert energy_shares(heat, REGIONS, VALID).tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("grid", [(6, 6), (5, 7), (SIZE, SIZE)])
def test_a_uniform_map_has_concentration_one_exactly(grid):
    found = energies(torch.full((1, *grid), 0.25), REGIONS, VALID)
    area = pd.DataFrame(area_shares(REGIONS, VALID), columns=["share_fragment", "share_embryo"])
    assert concentrations(found, area).to_numpy().tolist() == [[1.0, 1.0, 1.0]]
    assert area.iloc[0].tolist() == [48 / (24 * 16), 144 / (24 * 16)]


def test_padding_never_counts():
    heat = torch.ones(1, SIZE, SIZE)
    before = energy_shares(heat, REGIONS, VALID)
    heat[:, :, :4] = heat[:, :, 20:] = 1000.0
    assert (energy_shares(heat, REGIONS, VALID) == before).all()
    assert np.isnan(energy_shares(heat * (1 - VALID[:, 0]), REGIONS, VALID)).all()


def test_a_map_is_enlarged_as_the_network_enlarges_its_own():
    heat = torch.rand(1, 5, 5, generator=torch.Generator().manual_seed(0))
    large = F.interpolate(heat[:, None].double(), (SIZE, SIZE), mode="bilinear")[0, 0] * VALID[0, 0]
    expected = [(large * REGIONS[0, r]).sum() / large.sum() for r in (0, 1)]
    np.testing.assert_allclose(energy_shares(heat, REGIONS, VALID)[0], expected)


def test_the_two_questions_multiply_to_the_one(arrays):
    indices = with_fragments(arrays)
    heat = torch.rand(len(indices), 9, 9, generator=torch.Generator().manual_seed(0))
    table = Outlines(arrays, indices).table(heat)
    product = table["concentration_embryo"] * table["concentration_within"]
    np.testing.assert_allclose(table["concentration"], product)
    assert table["concentration"].notna().all()


def test_looking_at_the_embryo_is_told_from_looking_at_its_fragments(arrays):
    indices = with_fragments(arrays)
    regions, _ = regions_of(arrays, indices)
    embryo = Outlines(arrays, indices).table(regions[:, 1])
    np.testing.assert_allclose(embryo["concentration_within"], 1)
    assert (embryo["concentration_embryo"] > 2).all()
    over, under = sums(embryo, "concentration_within").T
    assert over.sum() / under.sum() == pytest.approx(1)


def test_fragments_outside_the_outline_are_part_of_the_embryo(arrays):
    indices = with_fragments(arrays)
    arrays.masks[indices[0]][..., 1] &= 1 - arrays.masks[indices[0]][..., 0]
    regions, _ = regions_of(arrays, indices[:1])
    assert (regions[0, 0] <= regions[0, 1]).all()
    assert regions[0, 0].any()


def test_without_an_outlined_embryo_only_the_image_is_asked_about(arrays):
    indices = with_fragments(arrays)
    arrays.masks[indices[0]][..., 1] = 0
    first = Outlines(arrays, indices).table(torch.ones(len(indices), 4, 4)).iloc[0]
    assert first["concentration"] == pytest.approx(1)
    assert first[["share_embryo", "concentration_embryo", "concentration_within"]].isna().all()


def test_the_ceiling_is_the_mask_as_the_grid_can_show_it():
    assert torch.equal(at_grid(REGIONS, SIZE, SIZE)[0], REGIONS[0, 0])
    coarse = at_grid(REGIONS, 12, 12)[0]
    assert coarse.sum() == 12
    assert coarse[3:6, 4:8].min() == 1
    finest = energy_shares(at_grid(REGIONS, SIZE, SIZE), REGIONS, VALID)[0, 0]
    assert finest == 1 > energy_shares(coarse[None], REGIONS, VALID)[0, 0] > 0.6


def test_images_run_from_least_to_most_fragmented(arrays):
    everything = with_fragments(arrays)
    area = (arrays.masks[..., 0] > 0).sum((1, 2))
    few = with_fragments(arrays, 2)
    assert set(area[few]) == {area[everything].min(), area[everything].max()}
    arrays.masks[everything[0]][..., 0] = 0
    assert everything[0] not in with_fragments(arrays)
