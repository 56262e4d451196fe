"""Norm statistics as the trained network will need them.

During training they are running means over a few small batches of augmented images. Two images
hardly show how much images differ, so such statistics underestimate variances, and the mask grows
timid (Wu and Johnson 2021, "Rethinking batch in batch normalization", section 3).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.fragmentation.sampling import load_pixels
from ivfgrade.training.precision import Compute

BATCH = 8  # part of the method: a variance is that within so many images


@torch.no_grad()
def settle_norms(
    model: nn.Module, arrays: Arrays, indices: np.ndarray, compute: Compute, seed: int
) -> None:
    """Replace the statistics by their plain averages over `indices`; weights stay as they are."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    model.eval()  # dropout rests
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average over all batches
        norm.train()
    mixed = np.random.default_rng(seed).permutation(indices)  # neighbours share a patient
    chunks = np.array_split(
        mixed, -(-len(mixed) // BATCH)
    )  # of about one size, as they count the same
    for chunk in tqdm(chunks, desc="settle norms", unit="batch"):
        image, valid = load_pixels(arrays, chunk, compute.device)
        with compute.autocast():
            model(image, valid)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()
