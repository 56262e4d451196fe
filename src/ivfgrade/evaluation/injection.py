"""Is the feature injection alive? Give every image the V_reg of another one and see what moves.

Only V_reg changes (through the pooled features it is computed from); the decoder's features stay.
An injection that was never trained, or that the mask ignores, moves nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import logit
from torch import Tensor
from tqdm import tqdm

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.fragmentation.calibration import EMBRYO_THRESHOLD
from ivfgrade.fragmentation.model import AttnRegDeepLab, Features, NoInjection, soft_area_ratio
from ivfgrade.fragmentation.regression import PureRegression
from ivfgrade.fragmentation.sampling import FORWARD_BATCH, load_pixels
from ivfgrade.fragmentation.stored import Network
from ivfgrade.training.precision import Compute


@torch.inference_mode()
def shuffle_effect(
    model: Network,
    arrays: Arrays,
    indices: np.ndarray,
    compute: Compute,
    mask_logit: float,
    seed: int,
) -> dict[str, float] | None:
    """Mean absolute change of the area ratios, and share of embryo pixels that change sides;
    None without an injection or without a second image to swap with."""
    if isinstance(model, PureRegression) or isinstance(model.injection, NoInjection):
        return None
    if len(indices) < 2:
        return None
    mixed = np.random.default_rng(seed).permutation(indices)  # neighbours share a patient
    chunks = np.array_split(mixed, -(-len(mixed) // FORWARD_BATCH))
    changes = [
        _swap(model, arrays, chunk, compute, mask_logit)
        for chunk in tqdm(chunks, desc="shuffle V_reg", unit="batch")
    ]
    means = torch.cat(changes, dim=1).double().mean(dim=1).tolist()
    names = ("soft_ratio_change", "hard_ratio_change", "pixels_changed")
    return {**dict(zip(names, means, strict=True)), "images": float(len(indices))}


def _swap(
    model: AttnRegDeepLab, arrays: Arrays, chunk: np.ndarray, compute: Compute, mask_logit: float
) -> Tensor:
    """3 B: soft change, hard change, share of changed pixels."""
    image, valid = load_pixels(arrays, chunk, compute.device)
    with compute.autocast():
        features = model.features(image, valid)
        swapped = Features(features.pooled.roll(1, dims=0), features.fused)
        own = model.heads(features, valid).mask_logits.float()
        others = model.heads(swapped, valid).mask_logits.float()
    soft = (soft_area_ratio(others, valid) - soft_area_ratio(own, valid)).abs()
    borders = own.new_tensor([mask_logit, logit(EMBRYO_THRESHOLD)])
    own, others = (logits >= borders[:, None, None] for logits in (own, others))  # B 2 S S bool
    hard = (_hard_area_ratio(others, valid) - _hard_area_ratio(own, valid)).abs()
    flipped = (own[:, 0] != others[:, 0]) & (valid[:, 0] > 0)  # B S S
    embryo = (own[:, 1] & (valid[:, 0] > 0)).sum((1, 2)).clamp_min(1)
    return torch.stack([soft, hard, flipped.sum((1, 2)) / embryo]).cpu()


def _hard_area_ratio(masks: Tensor, valid: Tensor) -> Tensor:
    """B: fragment area over embryo area."""
    return soft_area_ratio(torch.where(masks, torch.inf, -torch.inf), valid)
