"""Random views of a batch: one affine map for image, masks and valid area, then the optics.

The ratio is a share of areas, so it survives any map that loses no embryo. A free rotation or
magnification that would push embryo out of the frame is replaced by a plain flip or right angle,
which loses nothing; so is every free map of an image whose embryo is not outlined (S4.53).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.spec import AugmentParams

MAX_LOSS = 0.01  # share of the embryo's area that a map may push out of the frame


def augment(batch: Batch, params: AugmentParams, random: torch.Generator) -> Batch:
    return optics(geometry(batch, params, random), params, random)


def geometry(batch: Batch, params: AugmentParams, random: torch.Generator) -> Batch:
    size = len(batch.image)
    symmetry = dihedral(torch.randint(8, (size,), generator=random))  # B 2 2
    free = _free_maps(size, params, random)  # B 2 3
    theta = torch.cat([symmetry @ free[:, :, :2], free[:, :, 2:]], dim=2)
    plain = torch.cat([symmetry, torch.zeros(size, 2, 1)], dim=2)
    keeps = _keeps_embryo(batch, theta)
    return warp(batch, torch.where(keeps[:, None, None], theta, plain))


def dihedral(index: Tensor) -> Tensor:
    """The eight flips and right-angle rotations as matrices, B 2 2."""
    quarter = (index % 4) * (math.pi / 2)
    cos, sin = torch.cos(quarter).round(), torch.sin(quarter).round()
    mirror = torch.where(index >= 4, -1.0, 1.0)
    rows = [torch.stack([cos * mirror, -sin], 1), torch.stack([sin * mirror, cos], 1)]
    return torch.stack(rows, dim=1)


def warp(batch: Batch, theta: Tensor) -> Batch:
    """Image bilinear, masks and valid area nearest, all by the same map B 2 3."""
    grid = F.affine_grid(theta.to(batch.image), list(batch.image.shape), align_corners=False)
    planes = torch.cat([batch.valid, batch.fragment, batch.embryo], dim=1)
    planes = F.grid_sample(planes, grid, mode="nearest", align_corners=False)  # B 3 S S
    valid, fragment, embryo = planes.split(1, dim=1)
    image = F.grid_sample(batch.image, grid, mode="bilinear", align_corners=False)
    return batch.replace(image=image * valid, valid=valid, fragment=fragment, embryo=embryo)


def optics(batch: Batch, params: AugmentParams, random: torch.Generator) -> Batch:
    """Contrast, gamma, brightness, tint, blur and noise: what differs between microscopes."""

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random).to(batch.image)

    size = len(batch.image)
    image = _blur(batch.image, torch.rand(size, generator=random) * params.blur_px)
    mean = image.mean(dim=(1, 2, 3), keepdim=True)
    image = (image - mean) * torch.exp(params.contrast * normal(size, 1, 1, 1)) + mean
    image = image + params.brightness * normal(size, 1, 1, 1)
    image = image * torch.exp(params.tint * normal(size, 3, 1, 1))
    image = image.clamp(0.0, 1.0) ** torch.exp(params.gamma * normal(size, 1, 1, 1))
    strength = torch.rand(size, 1, 1, 1, generator=random).to(image) * params.noise
    image = image + strength * normal(*image.shape)
    return batch.replace(image=image.clamp(0.0, 1.0) * batch.valid)


def _free_maps(size: int, params: AugmentParams, random: torch.Generator) -> Tensor:
    """Inverse maps, as `affine_grid` wants them: output position -> input position."""
    angle = _uniform(size, -1.0, 1.0, random) * math.radians(params.rotation_degrees)
    zoom = 1.0 / _uniform(size, *params.scale, random)
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    shift_x = _uniform(size, -2.0, 2.0, random) * params.shift  # the frame spans -1 to 1
    shift_y = _uniform(size, -2.0, 2.0, random) * params.shift
    rows = [torch.stack([cos, -sin, shift_x], 1), torch.stack([sin, cos, shift_y], 1)]
    return torch.stack(rows, dim=1)  # B 2 3


def _keeps_embryo(batch: Batch, theta: Tensor) -> Tensor:
    """Does the embryo's area, seen through the map, stay what the map's magnification says?"""
    coarse = F.interpolate(batch.embryo, scale_factor=0.25, mode="area")
    grid = F.affine_grid(theta.to(coarse), list(coarse.shape), align_corners=False)
    seen = F.grid_sample(coarse, grid, align_corners=False).sum(dim=(1, 2, 3))
    expected = coarse.sum(dim=(1, 2, 3)) / torch.linalg.det(theta[:, :, :2]).abs().to(coarse)
    return (seen >= (1 - MAX_LOSS) * expected).cpu() & batch.has_embryo.cpu()


def _blur(image: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur of each image by its own sigma, as two one-dimensional convolutions."""
    radius = max(1, math.ceil(3 * float(sigma.max())))
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float32)
    weights = torch.exp(-0.5 * (offsets / sigma.clamp_min(0.05)[:, None]) ** 2)
    weights = (weights / weights.sum(dim=1, keepdim=True)).to(image)  # B K
    size, channels = image.shape[:2]
    kernel = weights.repeat_interleave(channels, dim=0)  # B*3 K
    flat = image.flatten(0, 1)[None]  # 1 B*3 S S
    flat = F.conv2d(flat, kernel[:, None, None, :], padding=(0, radius), groups=size * channels)
    flat = F.conv2d(flat, kernel[:, None, :, None], padding=(radius, 0), groups=size * channels)
    return flat[0].unflatten(0, (size, channels))


def _uniform(size: int, low: float, high: float, random: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(size, generator=random)
