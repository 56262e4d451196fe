"""Pure regression (section II.B, Exp B1 and B2): image in, ratio out, no outline to check it by.

The head is the one of the whole network, so that the rows differ in nothing but their supervision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torchvision.models import Inception_V3_Weights, inception_v3

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.layers import masked_mean
from ivfgrade.fragmentation.model import (
    OUTPUT_STRIDE,
    Backbone,
    PixelNorm,
    Prediction,
    RegressionHead,
    Trunk,
)
from ivfgrade.fragmentation.spec import EstimatorSpec


class InceptionTrunk(Trunk):
    """InceptionV3 up to its last maps; those before the last reduction stand in for F3."""

    title = "Inception v3"
    imagenet_url = Inception_V3_Weights.IMAGENET1K_V1.url
    left_over = ("fc.", "AuxLogits.")
    pixel_mean = (0.5, 0.5, 0.5)
    pixel_std = (0.5, 0.5, 0.5)
    channels = (768, 2048)

    def __init__(self, output_stride: int) -> None:  # noqa: ARG002 (it has one stride)
        super().__init__()
        whole = inception_v3(weights=None, aux_logits=False, init_weights=True)
        for name, part in whole.named_children():
            if name not in ("avgpool", "dropout", "fc"):
                self.add_module(name, part)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        maps, middle = image, image
        for name, part in self.named_children():
            maps = part(maps)
            middle = maps if name == "Mixed_6e" else middle
        return middle, maps  # B 768 17 17, B 2048 8 8


class PureRegression(nn.Module):
    def __init__(self, trunk: Backbone | InceptionTrunk, dropout: float) -> None:
        super().__init__()
        self.pixels = PixelNorm(trunk)
        self.backbone = trunk
        self.head = RegressionHead(sum(trunk.channels), dropout)

    def forward(self, image: Tensor, valid: Tensor) -> Prediction:
        deepest = self.backbone(self.pixels(image, valid))[-2:]
        v_reg = self.head(torch.cat([masked_mean(maps, valid) for maps in deepest], dim=1))
        nothing = image.new_zeros(len(image), 0, *image.shape[-2:])
        return Prediction(nothing, self.head.ratio(v_reg, nothing, valid))


TRUNKS: Mapping[str, Callable[[int], Backbone | InceptionTrunk]] = {
    "resnet50": Backbone,
    "inception_v3": InceptionTrunk,
}


def build_estimator(spec: EstimatorSpec, output_stride: int = OUTPUT_STRIDE) -> PureRegression:
    if spec.trunk not in TRUNKS:
        known = ", ".join(TRUNKS)
        raise InputError(f"trunk {spec.trunk!r} is unknown, choose one of: {known}")
    return PureRegression(TRUNKS[spec.trunk](output_stride), spec.head_dropout)
