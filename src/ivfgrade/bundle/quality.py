"""What a picture is refused by: clues whether it is out of focus or shows several embryos, and
plain measures of saturation and of the embryo that was found.

All are computed at the network's own pixels, so that they mean the same for every camera. How clues
become evidence is fitted on pictures with and without each defect (`probe.py`), as is where a
measure's limit lies (`refusal.py`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ivfgrade.bundle.ports import PEAKED, WIDTHS

BRIGHT, DARK = 250 / 255, 5 / 255  # from and up to where a camera tells nothing
TINY = 1e-9


def seen(image: Tensor, valid: Tensor, embryo: Tensor) -> Tensor:
    """Image [B,3,S,S], valid [B,1,S,S], embryo's probability [B,S,S] -> B 3, as SEEN."""
    share = embryo.sum((1, 2)) / valid.sum((1, 2, 3))
    return torch.stack([saturated(image, valid), share, certainty(embryo)], 1)


def saturated(image: Tensor, valid: Tensor) -> Tensor:
    """Share of the picture in which no channel tells anything."""
    mute = ((image >= BRIGHT) | (image <= DARK)).all(1, keepdim=True)
    return (mute * valid).sum((1, 2, 3)) / valid.sum((1, 2, 3))


def certainty(embryo: Tensor) -> Tensor:
    """Mean probability over what is outlined as embryo; 0 where nothing is."""
    outlined = (embryo >= 0.5).float()
    return (embryo * outlined).sum((1, 2)) / outlined.sum((1, 2)).clamp_min(1.0)


def focus(image: Tensor, valid: Tensor, embryo: Tensor) -> Tensor:
    """Clues [B,FOCUS]: logarithms of how much changes from octave to octave, in the embryo and
    around it, and what is seen.

    A lens out of focus takes away what is fine in the embryo, not the camera's noise around it; and
    what is left is spread evenly, where sharp outlines are few and strong.
    """
    grey = image.mean(1, keepdim=True)  # B 1 S S
    levels = [grey, *(smooth(grey, valid, width) for width in WIDTHS)]
    change = torch.cat([a - b for a, b in zip(levels, levels[1:], strict=False)], 1)  # B 5 S S
    inside = embryo[:, None]
    around = (1 - inside) * valid
    energies = [_mean(change**2, where) for where in (inside, around)]  # B 5 each
    outlines = change[:, PEAKED] * inside
    peaked = _mean(outlines**4, inside) / _mean(outlines**2, inside).clamp_min(TINY) ** 2  # B 3
    changes = torch.cat([*energies, peaked], 1).clamp_min(TINY).log()  # + TINY: lost in the export
    return torch.cat([changes, seen(image, valid, embryo)], 1)


def smooth(grey: Tensor, valid: Tensor, width: float) -> Tensor:
    """Gaussian of this SD over the picture alone: its padding is no brightness."""
    return _gaussian(grey * valid, width) / _gaussian(valid, width).clamp_min(TINY)


def _mean(values: Tensor, where: Tensor) -> Tensor:
    """Of each channel of [B,C,S,S] over `where` [B,1,S,S]; 0 where that is less than a pixel."""
    return (values * where).sum((2, 3)) / where.sum((2, 3)).clamp_min(1.0)


def _gaussian(values: Tensor, width: float) -> Tensor:
    reach = math.ceil(3 * width)
    at = torch.arange(-reach, reach + 1, dtype=values.dtype, device=values.device)
    kernel = torch.exp(-0.5 * (at / width) ** 2)
    kernel = kernel / kernel.sum()
    across = F.conv2d(values, kernel[None, None, None, :], padding=(0, reach))
    return F.conv2d(across, kernel[None, None, :, None], padding=(reach, 0))
