"""The contribution map, and both maps from one pass."""

import numpy as np
import torch

from ivfgrade.focus.maps import CONTRIBUTION, GRADCAM, contribution, heat, usual_channels
from ivfgrade.fragmentation.sampling import load_pixels
from ivfgrade.gradcam import weighted_maps
from tests.focus.conftest import CPU


def test_before_its_relu_a_contribution_map_adds_up_to_the_score():
    """For a score that is linear in the pooled maps, less that of the usual channels."""
    random = torch.Generator().manual_seed(0)
    maps, usual = torch.rand(2, 3, 4, 4, generator=random), torch.rand(1, 3, 1, 1, generator=random)
    weights = torch.tensor([1.0, -2.0, 0.5])
    slope = (weights / 16)[None, :, None, None].expand_as(maps)
    positive, negative = contribution(maps, slope, usual), contribution(maps, -slope, usual)
    score = (maps.mean((2, 3)) - usual[:, :, 0, 0]) @ weights
    torch.testing.assert_close((positive - negative).sum((1, 2)), score)
    assert positive.min() == 0 < positive.max()


def test_what_channels_have_in_common_is_no_contribution():
    maps, slope = torch.rand(1, 3, 4, 4), torch.randn(1, 3, 4, 4)
    usual = torch.rand(1, 3, 1, 1)
    shifted = contribution(maps + 7, slope, usual + 7)
    torch.testing.assert_close(shifted, contribution(maps, slope, usual), atol=1e-4, rtol=1e-4)


def test_usual_channels_are_means_over_image_content(seen, pixels):
    usual = usual_channels(seen, pixels, CPU)
    (image, valid) = pixels[0]
    maps = seen.network.backbone(image * valid)
    inside = torch.nn.functional.interpolate(valid, size=maps.shape[-2:])[:, 0] > 0
    expected = maps.permute(1, 0, 2, 3)[:, inside].mean(1)
    torch.testing.assert_close(usual.flatten(), expected)
    assert not inside.all()
    assert not seen.watched_layer._forward_hooks


def test_both_maps_come_in_the_order_of_the_images(seen, arrays, pixels):
    usual = usual_channels(seen, pixels, CPU)
    indices = np.arange(len(arrays.images))
    maps = heat(seen, arrays, indices, usual, CPU)
    last = load_pixels(arrays, indices[-1:])
    alone = weighted_maps(*seen.evidence(*last))
    torch.testing.assert_close(maps[GRADCAM][-1:], alone)
    torch.testing.assert_close(
        maps[CONTRIBUTION][-1:], contribution(*seen.evidence(*last), usual), atol=1e-6, rtol=1e-4
    )
    assert maps[GRADCAM].shape == (len(indices), 16, 16)
