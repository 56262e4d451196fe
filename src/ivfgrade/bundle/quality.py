"""Measures of a picture by which it is refused: out of focus, saturated, no embryo, or several.

Each is one number per image, computed at the network's own pixels, so that a limit means the same
for every camera. Limits are fitted on pictures with and without each defect (`refusal.py`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

MEASURES = ("blur", "saturated", "embryo_share", "certainty", "spread")
BRIGHT, DARK = 250 / 255, 5 / 255  # from and up to where a camera tells nothing
FINE, MIDDLE, COARSE = 1.0, 2.0, 8.0  # pixels: noise lies below FINE, outlines above
TINY = 1e-6


def measures(image: Tensor, valid: Tensor, embryo: Tensor) -> Tensor:
    """Image [B,3,S,S], valid [B,1,S,S], embryo's probability [B,S,S] -> B Q, as MEASURES."""
    grey = image.mean(1, keepdim=True)  # B 1 S S
    found = (
        blur(grey, valid, embryo),
        saturated(image, valid),
        embryo.sum((1, 2)) / valid.sum((1, 2, 3)),
        certainty(embryo),
        spread(embryo),
    )
    return torch.stack(found, 1)


def blur(grey: Tensor, valid: Tensor, embryo: Tensor) -> Tensor:
    """Slow changes of brightness over quick ones, in the embryo: a lens out of focus has no quick
    ones. Logarithm of the ratio of two bands' energy."""
    fine, middle, coarse = (smooth(grey, valid, width) for width in (FINE, MIDDLE, COARSE))
    quick, slow = ((fine - middle) ** 2)[:, 0], ((middle - coarse) ** 2)[:, 0]  # B S S
    return ((slow * embryo).sum((1, 2)) + TINY).log() - ((quick * embryo).sum((1, 2)) + TINY).log()


def saturated(image: Tensor, valid: Tensor) -> Tensor:
    """Share of the picture in which no channel tells anything."""
    mute = ((image >= BRIGHT) | (image <= DARK)).all(1, keepdim=True)
    return (mute * valid).sum((1, 2, 3)) / valid.sum((1, 2, 3))


def certainty(embryo: Tensor) -> Tensor:
    """Mean probability over what is outlined as embryo; 0 where nothing is."""
    outlined = (embryo >= 0.5).float()
    return (embryo * outlined).sum((1, 2)) / outlined.sum((1, 2)).clamp_min(1.0)


def spread(embryo: Tensor) -> Tensor:
    """Second moment of what is outlined, over that of a disc of its area: 1 for a disc, 1.5 for two
    that touch."""
    outlined = (embryo >= 0.5).float()
    area = outlined.sum((1, 2)).clamp_min(1.0)
    side = torch.arange(embryo.shape[-1], dtype=embryo.dtype, device=embryo.device)
    rows, columns = outlined.sum(2), outlined.sum(1)  # B S each
    variance = _variance(rows, side, area) + _variance(columns, side, area)
    return variance / (area / (2 * math.pi)) * (outlined.sum((1, 2)) > 0)


def smooth(grey: Tensor, valid: Tensor, width: float) -> Tensor:
    """Gaussian of this SD over the picture alone: its padding is no brightness."""
    return _gaussian(grey * valid, width) / _gaussian(valid, width).clamp_min(TINY)


def _gaussian(values: Tensor, width: float) -> Tensor:
    reach = math.ceil(3 * width)
    at = torch.arange(-reach, reach + 1, dtype=values.dtype, device=values.device)
    kernel = torch.exp(-0.5 * (at / width) ** 2)
    kernel = kernel / kernel.sum()
    across = F.conv2d(values, kernel[None, None, None, :], padding=(0, reach))
    return F.conv2d(across, kernel[None, None, :, None], padding=(reach, 0))


def _variance(sums: Tensor, side: Tensor, area: Tensor) -> Tensor:
    """Of the coordinate that `sums` [B,S] runs along."""
    mean = (sums * side).sum(1) / area
    return (sums * (side - mean[:, None]) ** 2).sum(1) / area
