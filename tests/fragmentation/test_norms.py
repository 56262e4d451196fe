"""Settled norm statistics are those of the images, whatever they were before."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ivfgrade.fragmentation.norms import settle_norms
from ivfgrade.training.precision import Compute
from tests.fragmentation.arrays import tiny_arrays

CPU = Compute(torch.device("cpu"), torch.float32)


class Colours(nn.Module):
    """Norms the pixels themselves, behind a dropout that would show if it were awake."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout, self.norm = nn.Dropout(0.9), nn.BatchNorm2d(3)
        self.norm.running_mean.fill_(99.0)

    def forward(self, image: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        return self.norm(self.dropout(image))


@pytest.mark.parametrize("count", [8, 9])  # a lone ninth image must not weigh as much as eight
def test_they_are_the_averages_over_the_images(count: int) -> None:
    arrays, model = tiny_arrays(paired=count), Colours().train()
    images = arrays.indices("train", ("paired",))
    arrays.images[images[0]] = 255  # one image unlike the others
    pixels = np.stack([arrays.images[i] for i in images]).reshape(-1, 3) / 255.0
    settle_norms(model, arrays, images, CPU, seed=0)
    np.testing.assert_allclose(model.norm.running_mean, pixels.mean(0), rtol=0.05)
    np.testing.assert_allclose(model.norm.running_var, pixels.var(0), rtol=0.15)


def test_nothing_but_the_statistics_changes() -> None:
    arrays, model = tiny_arrays(paired=10), Colours().train()
    weight = model.norm.weight.detach().clone()
    settle_norms(model, arrays, arrays.indices("train", ("paired",)), CPU, seed=0)
    assert torch.equal(model.norm.weight, weight)
    assert model.norm.momentum == pytest.approx(0.1)
    assert not any(module.training for module in model.modules())
