"""The network with its parts, its depth and its names, but few channels.

Full-size weights with the moments of AdamW are 600 MB to each checkpoint: writing them is most of
what a tiny training costs.
"""

from __future__ import annotations

from typing import Any

import pytest
from torchvision.models import ResNet
from torchvision.models.resnet import Bottleneck

from ivfgrade.fragmentation import model


class Slim(Bottleneck):
    expansion = 1  # 4 in ResNet-50


def resnet50(weights: None, **options: Any) -> ResNet:  # noqa: ARG001
    return ResNet(Slim, [3, 4, 6, 3], width_per_group=8, **options)


def make_narrow(patch: pytest.MonkeyPatch) -> None:
    """What is built from now on is narrow, until `patch` is undone."""
    patch.setattr(model, "resnet50", resnet50)
    for name, channels in {"F1": 64, "F3": 256, "F4": 512, "CONTEXT": 16, "V_REG": 32}.items():
        patch.setattr(model, name, channels)
    patch.setattr(model.Backbone, "channels", (256, 512))
