"""Two heat maps from the same maps and slopes.

Grad-CAM++ is what the question was asked with. Behind a pooled head it is a sum of channels with
positive weights, so that whatever the channels have in common, which the head subtracts, dominates
it. The contribution map leaves that out: slope times what the channel has beyond its usual value,
both signs counted, and only then what is positive. Summed over positions and channels before that
it is, where the score is linear in the maps, the score less that of an image with usual channels.
It is HiResCAM (Draelos and Carin 2020, arXiv 2011.08891) from a baseline other than zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.focus.subject import Subject
from ivfgrade.fragmentation.sampling import FORWARD_BATCH, in_chunks, load_pixels
from ivfgrade.gradcam import listening, weighted_maps
from ivfgrade.heat_words import CONTRIBUTION, GRADCAM
from ivfgrade.training.precision import Compute

MAPS = (GRADCAM, CONTRIBUTION)
Pixels = Sequence[tuple[Tensor, Tensor]]  # batches of image and valid


def heat(
    subject: Subject, arrays: Arrays, indices: np.ndarray, usual: Tensor, compute: Compute
) -> dict[str, Tensor]:
    """By the map's name, N h w each."""
    found: dict[str, list[Tensor]] = {name: [] for name in MAPS}
    for chunk in in_chunks(indices, FORWARD_BATCH):
        with compute.autocast():
            maps, slope = subject.evidence(*load_pixels(arrays, chunk, compute.device))
        found[GRADCAM].append(weighted_maps(maps, slope).cpu())
        found[CONTRIBUTION].append(contribution(maps, slope, usual).cpu())
    return {name: torch.cat(parts) for name, parts in found.items()}


def contribution(maps: Tensor, slope: Tensor, usual: Tensor) -> Tensor:
    return (slope * (maps - usual)).sum(dim=1).relu()  # B h w


def usual_channels(subject: Subject, pixels: Pixels, compute: Compute) -> Tensor:
    """The layer's mean channels on image content, 1 C 1 1."""
    maps: list[Tensor] = []
    with torch.no_grad(), compute.autocast(), listening(subject.watched_layer, maps.append):
        for image, valid in pixels:
            subject.network(image, valid)
    inside = [F.interpolate(v, size=m.shape[-2:]) for m, (_, v) in zip(maps, pixels, strict=True)]
    total = sum((m.float() * i).sum((0, 2, 3)) for m, i in zip(maps, inside, strict=True))
    usual = total / torch.cat(inside).sum()
    return usual[None, :, None, None]
