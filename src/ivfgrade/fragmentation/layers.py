"""The parts of figure 4 that DeepLabV3+ and the paper add to a ResNet.

Every part that an ablation removes has a twin which does nothing, so that the model never asks
which variant it is: it calls its parts.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def resize_like(maps: Tensor, reference: Tensor) -> Tensor:
    """To a size, never by a factor: at 299 pixels 2 x 38 is not 75."""
    return F.interpolate(maps, size=reference.shape[-2:], mode="bilinear", align_corners=False)


def masked_mean(maps: Tensor, valid: Tensor) -> Tensor:
    """Global average pooling over image content only, in float32; 0 where nothing is valid."""
    inside = F.interpolate(valid, size=maps.shape[-2:], mode="nearest")  # B 1 h w
    maps, inside = maps.permute(0, 2, 3, 1), inside.permute(0, 2, 3, 1)  # channels last, grads too
    content = maps * inside.to(maps.dtype)  # exact: inside is 0 or 1
    total = content.sum(dim=(1, 2), dtype=torch.float32)  # B C
    return total / inside.sum(dim=(1, 2)).clamp_min(1.0)


class AtrousConv(nn.Conv2d):
    """A dilated 3x3 convolution as nine pointwise ones, shifted and added.

    The sum is the same but for rounding; libraries have no fast path for dilations of this size: on
    CPUs in bfloat16 this is four times as fast; the three of ASPP took half of the forward pass.
    """

    def __init__(self, inputs: int, outputs: int, rate: int) -> None:
        super().__init__(inputs, outputs, 3, padding=rate, dilation=rate, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        (height, width), rate = maps.shape[-2:], self.dilation[0]
        pointwise = self.weight.permute(2, 3, 0, 1).flatten(0, 2)  # 9*256 2048
        taps = F.linear(maps.permute(0, 2, 3, 1), pointwise).split(self.out_channels, dim=3)
        total = taps[4]  # the centre; B 38 38 256
        for index, tap in enumerate(taps):
            down, right = rate * (index // 3 - 1), rate * (index % 3 - 1)
            if index != 4 and abs(down) < height and abs(right) < width:  # else all padding
                total = total + F.pad(tap, (0, 0, -right, right, -down, down))
        return total.permute(0, 3, 1, 2)


class ConvNormReLU(nn.Sequential):
    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__(conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU())


def point(inputs: int, outputs: int) -> ConvNormReLU:
    return ConvNormReLU(nn.Conv2d(inputs, outputs, 1, bias=False))


def local(inputs: int, outputs: int) -> ConvNormReLU:
    return ConvNormReLU(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))


class ImageLevel(nn.Sequential):
    """ASPP's image branch, on the pooled features.

    It has one value per image and channel: batch normalisation would have B values to work with,
    fail at B = 1 and couple the images of a small batch. Normalising over channels does neither.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.GroupNorm(1, outputs), nn.ReLU()
        )


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: every position seen at several scales."""

    def __init__(self, inputs: int, outputs: int, rates: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.point = point(inputs, outputs)
        self.atrous = nn.ModuleList(
            ConvNormReLU(AtrousConv(inputs, outputs, rate)) for rate in rates
        )
        self.image = ImageLevel(inputs, outputs)
        self.project = point((len(rates) + 2) * outputs, outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, f4: Tensor, pooled: Tensor) -> Tensor:
        scales = [self.point(f4), *(branch(f4) for branch in self.atrous)]
        image = self.image(pooled[:, :, None, None]).to(f4.dtype)  # B 256 1 1
        scales.append(image.expand_as(scales[0]))
        return self.dropout(self.project(torch.cat(scales, dim=1)))  # B 256 38 38


class AttentionGate(nn.Module):
    """Equation 1. The bias b is that of the two norms; no norm on psi, since with small batches
    it would make alpha depend on the other images (S4.21)."""

    def __init__(self, skip: int, context: int, width: int, bias: float) -> None:
        super().__init__()
        self.w_x = nn.Sequential(nn.Conv2d(skip, width, 1, bias=False), nn.BatchNorm2d(width))
        self.w_g = nn.Sequential(nn.Conv2d(context, width, 1, bias=False), nn.BatchNorm2d(width))
        self.psi = nn.Conv2d(width, 1, 1)
        nn.init.constant_(self.psi.bias, bias)  # type: ignore[arg-type]

    def alpha(self, f1: Tensor, g: Tensor) -> Tensor:
        return torch.sigmoid(self.psi(torch.relu(self.w_x(f1) + self.w_g(g))))  # B 1 75 75

    def forward(self, f1: Tensor, g: Tensor) -> Tensor:
        return self.alpha(f1, g) * f1


class PassThrough(nn.Module):
    """The gate of plain DeepLabV3+: everything passes."""

    def alpha(self, f1: Tensor, g: Tensor) -> Tensor:  # noqa: ARG002
        return torch.ones_like(f1[:, :1])

    def forward(self, f1: Tensor, g: Tensor) -> Tensor:  # noqa: ARG002
        return f1


class StopGradient(nn.Module):
    def forward(self, vector: Tensor) -> Tensor:
        return vector.detach()


class Constant(nn.Module):
    """In place of V_reg, a vector that is learnt and the same for every image: what an injection
    does by its parameters alone (S4.32)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.vector = nn.Parameter(torch.ones(size))

    def forward(self, vector: Tensor) -> Tensor:
        return self.vector.expand_as(vector)


class ConcatInjection(nn.Module):
    """Equations 2 and 3: the V_reg slice of the 3x3 convolution over Concat(F_dec, Broadcast(V)).

    V is the same everywhere, so each of the nine taps contributes one vector W_tap V, wherever
    that tap lies inside the map: V never becomes a 2048 x 75 x 75 tensor. The weights start at
    zero: an untrained injection is the identity (S4.42).
    """

    def __init__(self, vector: int, channels: int, bridge: nn.Module) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, vector, 3, 3))
        self.bridge = bridge

    def forward(self, fused: Tensor, v_reg: Tensor) -> Tensor:
        height, width = fused.shape[-2:]
        taps = F.linear(self.bridge(v_reg), self.weight.permute(2, 3, 0, 1).flatten(0, 2))
        taps = taps.unflatten(1, (9, -1))  # B 9 256: W_tap V
        inside = F.unfold(fused.new_ones(1, 1, height, width), 3, padding=1)  # 1 9 75*75
        injected = inside.transpose(1, 2) @ taps.to(inside.dtype)  # B 75*75 256
        return fused + injected.unflatten(1, (height, width)).permute(0, 3, 1, 2)


class NoInjection(nn.Module):
    def forward(self, fused: Tensor, v_reg: Tensor) -> Tensor:  # noqa: ARG002
        return fused
