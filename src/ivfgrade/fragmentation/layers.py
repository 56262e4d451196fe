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
    total = (maps.float() * inside).sum(dim=(2, 3))  # B C
    return total / inside.sum(dim=(2, 3)).clamp_min(1.0)


class ConvNormReLU(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, kernel: int, dilation: int = 1) -> None:
        super().__init__(
            nn.Conv2d(
                inputs,
                outputs,
                kernel,
                padding=dilation * (kernel // 2),
                dilation=dilation,
                bias=False,
            ),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class ImagePooling(nn.Module):
    """ASPP's image-level branch: pooled over valid pixels, the same vector at every position.

    It has one value per image and channel, so batch normalisation would use B values, fail at
    B = 1 and couple the images of a small batch; normalising over channels does neither.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.GroupNorm(1, outputs)

    def forward(self, maps: Tensor, valid: Tensor) -> Tensor:
        pooled = masked_mean(maps, valid)[:, :, None, None]  # B C 1 1
        return torch.relu(self.norm(self.project(pooled))).expand(-1, -1, *maps.shape[-2:])


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: one position seen at several scales."""

    def __init__(self, inputs: int, outputs: int, rates: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.point = ConvNormReLU(inputs, outputs, 1)
        self.atrous = nn.ModuleList(ConvNormReLU(inputs, outputs, 3, rate) for rate in rates)
        self.image = ImagePooling(inputs, outputs)
        self.project = ConvNormReLU((len(rates) + 2) * outputs, outputs, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, f4: Tensor, valid: Tensor) -> Tensor:
        local = [self.point(f4), *(branch(f4) for branch in self.atrous)]
        image = self.image(f4, valid).to(local[0].dtype)
        return self.dropout(self.project(torch.cat([*local, image], dim=1)))  # B 256 38 38


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
