"""AttnRegDeepLab: `forward` is figure 4 of the paper, `build` chooses its parts.

The network is cut in two where phase 2 freezes it: `features` is all that stays fixed (and is
cached), `heads` is all that comes after.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torchvision.models import ResNet50_Weights, resnet50

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.layers import (
    ASPP,
    AttentionGate,
    ConcatInjection,
    Constant,
    NoInjection,
    PassThrough,
    StopGradient,
    local,
    masked_mean,
    point,
    resize_like,
)
from ivfgrade.fragmentation.spec import ModelSpec

F1, F3, F4 = 256, 1024, 2048  # channels of the three backbone maps
CONTEXT = 256  # channels of ASPP and decoder
V_REG = 2048
OUTPUT_STRIDE = 8  # at which the network is used


class Prediction(NamedTuple):
    mask_logits: Tensor  # B 2 S S  fragment, embryo
    ratio: Tensor  # B  in [0, 1]


class Features(NamedTuple):
    pooled: Tensor  # B 3072  masked averages of F3 and F4
    fused: Tensor  # B 256 75 75  the fusion convolution of F_dec, before injection and norm


def soft_area_ratio(mask_logits: Tensor, valid: Tensor) -> Tensor:
    """sum(p_f p_e) / sum(p_e) over valid pixels; 0 with less than one pixel of embryo."""
    fragment, embryo = torch.sigmoid(mask_logits.float()).unbind(1)  # B S S each
    embryo = embryo * valid[:, 0]
    area = embryo.sum(dim=(1, 2))
    return (fragment * embryo).sum(dim=(1, 2)) / area.clamp_min(1.0)  # B


class Trunk(nn.Module):
    """A published network without its classifier, under torchvision's names for its parts."""

    title: str
    imagenet_url: str
    left_over: tuple[str, ...]  # prefixes in that file that the trunk does without
    pixel_mean: tuple[float, float, float]  # that its weights are made for
    pixel_std: tuple[float, float, float]
    channels: tuple[int, int]  # of its two deepest maps


class Backbone(Trunk):
    """ResNet-50 at output stride 8: layers 3 and 4 dilate by 2 and 4 instead of striding (S4.16).

    At stride 16 layer 3 strides and layer 4 dilates by 2: coarser, cheaper, the same weights.
    """

    title = "ResNet-50"
    imagenet_url = ResNet50_Weights.IMAGENET1K_V2.url
    left_over = ("fc.",)
    pixel_mean = (0.485, 0.456, 0.406)
    pixel_std = (0.229, 0.224, 0.225)
    channels = (F3, F4)

    def __init__(self, output_stride: int) -> None:
        super().__init__()
        dilated = {8: [False, True, True], 16: [False, False, True]}[output_stride]
        resnet = resnet50(weights=None, replace_stride_with_dilation=dilated)
        self.conv1, self.bn1, self.relu = resnet.conv1, resnet.bn1, resnet.relu
        self.maxpool = resnet.maxpool
        self.layer1, self.layer2 = resnet.layer1, resnet.layer2
        self.layer3, self.layer4 = resnet.layer3, resnet.layer4

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        stem = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        f1 = self.layer1(stem)  # B  256 75 75; the sizes below are those of stride 8
        f3 = self.layer3(self.layer2(f1))  # B 1024 38 38
        f4 = self.layer4(f3)  # B 2048 38 38
        return f1, f3, f4


class Decoder(nn.Module):
    """Gated boundary detail joins the context. `fusion` is the F_dec slice of the convolution
    over Concat(F_dec, F_inj), `norm` the norm after it; the V_reg slice is the injection."""

    def __init__(self) -> None:
        super().__init__()
        self.project = point(F1, 48)
        self.refine = nn.Sequential(local(48 + CONTEXT, CONTEXT), local(CONTEXT, CONTEXT))
        self.fusion = nn.Conv2d(CONTEXT, CONTEXT, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(CONTEXT)

    def forward(self, gated: Tensor, context: Tensor) -> Tensor:
        f_dec = self.refine(torch.cat([self.project(gated), context], dim=1))
        return self.fusion(f_dec)  # B 256 75 75


class RegressionHead(nn.Module):
    """Pooled F3 and F4, standardised -> V_reg -> ratio. The output weights start at zero: the
    first prediction is the prior, whatever the features are."""

    regresses = True
    mean: Tensor
    gain: Tensor

    def __init__(self, inputs: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("gain", torch.ones(inputs))
        self.hidden = nn.Sequential(nn.Linear(inputs, V_REG), nn.ReLU(), nn.Dropout(dropout))
        self.output = nn.Linear(V_REG, 1)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    @torch.no_grad()
    def standardise_like(self, pooled: Tensor) -> None:
        """Take mean and scale from a training set (N 3072). Features that are as good as constant
        there teach nothing, yet would be blown up on other data: they get gain 0."""
        std, mean = torch.std_mean(pooled.double(), dim=0, correction=0)
        alive = std > 0.01 * std.median()
        self.mean.copy_(mean)
        self.gain.copy_(torch.where(alive, 1 / std.where(alive, 1.0), 0.0))

    @torch.no_grad()
    def set_ratio_prior(self, mean_ratio: float) -> None:
        """Start at the training set's mean ratio."""
        share = min(max(mean_ratio, 0.001), 0.999)
        nn.init.constant_(self.output.bias, math.log(share / (1 - share)))

    def forward(self, pooled: Tensor) -> Tensor:
        return self.hidden((pooled - self.mean) * self.gain)  # B 2048 = V_reg

    def ratio(self, v_reg: Tensor, mask_logits: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        return torch.sigmoid(self.output(v_reg).squeeze(1).float())  # B


class AreaHead(nn.Module):
    """No regression branch: the ratio is the mask's soft area. Nothing here is trained."""

    regresses = False

    def standardise_like(self, pooled: Tensor) -> None:
        pass

    def set_ratio_prior(self, mean_ratio: float) -> None:
        pass

    def forward(self, pooled: Tensor) -> Tensor:
        return pooled[:, :0]  # B 0: there is no V_reg

    def ratio(self, v_reg: Tensor, mask_logits: Tensor, valid: Tensor) -> Tensor:  # noqa: ARG002
        return soft_area_ratio(mask_logits, valid)  # B


Gate = AttentionGate | PassThrough
Head = RegressionHead | AreaHead


class PixelNorm(nn.Module):
    """The statistics that the trunk expects; padding is zero afterwards, whatever it was before."""

    mean: Tensor
    std: Tensor

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(trunk.pixel_mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(trunk.pixel_std).view(3, 1, 1))

    def forward(self, image: Tensor, valid: Tensor) -> Tensor:
        return (image - self.mean) / self.std * valid


class AttnRegDeepLab(nn.Module):
    def __init__(
        self, backbone: Backbone, aspp: ASPP, gate: Gate, head: Head, injection: nn.Module
    ) -> None:
        super().__init__()
        self.pixels = PixelNorm(backbone)
        self.backbone = backbone
        self.aspp = aspp
        self.gate = gate
        self.decoder = Decoder()
        self.head = head
        self.injection = injection
        self.classifier = nn.Conv2d(CONTEXT, 2, 1)

    def forward(self, image: Tensor, valid: Tensor) -> Prediction:
        return self.heads(self.features(image, valid), valid)

    def features(self, image: Tensor, valid: Tensor) -> Features:
        f1, f3, f4 = self.backbone(self.pixels(image, valid))
        pooled3, pooled4 = masked_mean(f3, valid), masked_mean(f4, valid)
        g = resize_like(self.aspp(f4, pooled4), f1)  # B 256 75 75
        fused = self.decoder(self.gate(f1, g), g)
        return Features(torch.cat([pooled3, pooled4], dim=1), fused)

    def heads(self, features: Features, valid: Tensor) -> Prediction:
        v_reg = self.head(features.pooled)
        mask_logits = self.outline(features.fused, v_reg, valid)
        return Prediction(mask_logits, self.head.ratio(v_reg, mask_logits, valid))

    def outline(self, fused: Tensor, v_reg: Tensor, valid: Tensor) -> Tensor:
        final = torch.relu(self.decoder.norm(self.injection(fused, v_reg)))
        return resize_like(self.classifier(final).float(), valid)  # B 2 S S

    def attention(self, image: Tensor, valid: Tensor) -> Tensor:
        """The gate's alpha, for pictures."""
        f1, _, f4 = self.backbone(self.pixels(image, valid))
        g = resize_like(self.aspp(f4, masked_mean(f4, valid)), f1)
        return self.gate.alpha(f1, g)  # B 1 75 75


GATES: Mapping[str, Callable[[ModelSpec], Gate]] = {
    "attention": lambda spec: AttentionGate(F1, CONTEXT, F1 // 2, spec.gate_bias),
    "none": lambda _: PassThrough(),
}
HEADS: Mapping[str, Callable[[ModelSpec], Head]] = {
    "multi_scale": lambda spec: RegressionHead(F3 + F4, spec.head_dropout),
    "none": lambda _: AreaHead(),
}
BRIDGES: Mapping[bool, Callable[[], nn.Module]] = {True: StopGradient, False: nn.Identity}
INJECTIONS: Mapping[str, Callable[[ModelSpec], nn.Module]] = {
    "concat": lambda spec: ConcatInjection(V_REG, CONTEXT, BRIDGES[spec.detach_injection]()),
    "constant": lambda _: ConcatInjection(V_REG, CONTEXT, Constant(V_REG)),
    "none": lambda _: NoInjection(),
}
Part = TypeVar("Part")


def build(spec: ModelSpec, output_stride: int = OUTPUT_STRIDE) -> AttnRegDeepLab:
    """Vanilla DeepLabV3+ is gate, head and injection `none`.

    Stride 16 is for training: the weights are those of stride 8, so ASPP's rates, which are stated
    for it, shrink with the maps.
    """
    gate = _choose(GATES, "gate", spec.gate)
    head = _choose(HEADS, "head", spec.head)
    injection = _choose(INJECTIONS, "injection", spec.injection)
    if spec.head == "none" and spec.injection != "none":
        raise InputError(f"injection {spec.injection!r} needs a regression head, not head 'none'")
    rates = tuple(max(1, rate * OUTPUT_STRIDE // output_stride) for rate in spec.aspp_rates)
    aspp = ASPP(F4, CONTEXT, rates, spec.aspp_dropout)
    return AttnRegDeepLab(Backbone(output_stride), aspp, gate(spec), head(spec), injection(spec))


def _choose(table: Mapping[str, Part], what: str, name: str) -> Part:
    if name not in table:
        raise InputError(f"{what} {name!r} is unknown, choose one of: {', '.join(sorted(table))}")
    return table[name]
