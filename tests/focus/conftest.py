"""A regression small enough to redraw often, with the names that a subject has to have."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.focus.maps import Pixels
from ivfgrade.focus.params import FocusParams
from ivfgrade.focus.subject import Subject, subject
from ivfgrade.fragmentation.layers import masked_mean
from ivfgrade.fragmentation.model import Prediction
from ivfgrade.fragmentation.sampling import load_pixels
from ivfgrade.training.precision import Compute
from tests.fragmentation.arrays import tiny_arrays

CPU = Compute(torch.device("cpu"), torch.float32)
PARAMS = FocusParams(
    layer="layer2",
    randomised=("head", "layer1"),
    draws=2,
    same_map=0.5,
    images=None,
    panel_images=2,
)


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(6))
        self.register_buffer("gain", torch.ones(6))
        self.hidden = nn.Sequential(nn.Linear(6, 8), nn.ReLU())
        self.output = nn.Linear(8, 1)

    def forward(self, pooled: Tensor) -> Tensor:
        return self.hidden((pooled - self.mean) * self.gain)


class Regression(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        first = nn.Sequential(nn.Conv2d(3, 4, 3, stride=4), nn.BatchNorm2d(4), nn.ReLU())
        second = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.backbone = nn.Sequential()
        self.backbone.add_module("layer1", first)
        self.backbone.add_module("pool", nn.MaxPool2d(3, 1, 1))
        self.backbone.add_module("layer2", second)
        self.head = Head()

    def forward(self, image: Tensor, valid: Tensor) -> Prediction:
        v_reg = self.head(masked_mean(self.backbone(image * valid), valid))
        return Prediction(None, torch.sigmoid(self.head.output(v_reg).squeeze(1)))  # type: ignore[arg-type]


def embryos() -> Arrays:
    """Portrait images, so that there is padding left and right, all of the test split."""
    found = tiny_arrays(paired=5)
    return replace(found, manifest=found.manifest.assign(split="test"))


def fresh() -> Subject:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return subject(Regression(), "layer2")


@pytest.fixture
def arrays() -> Arrays:
    return embryos()


@pytest.fixture
def seen() -> Subject:
    return fresh()


@pytest.fixture
def pixels(arrays) -> Pixels:
    return [load_pixels(arrays, arrays.indices("test")[:4])]
