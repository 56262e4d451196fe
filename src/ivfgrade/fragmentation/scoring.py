"""Predictions for whole splits, and the two numbers by which training picks an epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.evaluation.metrics import dice
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.model import AttnRegDeepLab, Prediction, soft_area_ratio
from ivfgrade.fragmentation.sampling import in_chunks, load_pixels
from ivfgrade.training.precision import Compute

BATCH = 8


@dataclass(frozen=True)
class Predictions:
    """One entry per image, in the order of `indices`; maps at network resolution."""

    indices: np.ndarray  # N
    fragment_logit: np.ndarray  # N S S float16
    embryo: np.ndarray  # N S S float16, probability
    direct: np.ndarray  # N, the head's ratio
    soft: np.ndarray  # N, the uncalibrated soft area ratio

    @property
    def fragment(self) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(-self.fragment_logit.astype(np.float32)))


@torch.inference_mode()
def predict(
    model: AttnRegDeepLab, arrays: Arrays, indices: np.ndarray, compute: Compute
) -> Predictions:
    compute.place(model).eval()
    found: list[tuple[Tensor, ...]] = []
    chunks = in_chunks(indices, BATCH)
    for chunk in tqdm(chunks, desc="predict", unit="batch", disable=len(chunks) < 4):
        image, valid = load_pixels(arrays, chunk)
        image, valid = image.to(compute.device), valid.to(compute.device)
        with compute.autocast():
            prediction = model(image, valid)
        found.append(_on_cpu(prediction, valid))
    if not found:
        empty = np.zeros((0, arrays.size, arrays.size), np.float16)
        return Predictions(indices, empty, empty, np.zeros(0), np.zeros(0))
    fragment, embryo, direct, soft = (
        torch.cat(parts).numpy() for parts in zip(*found, strict=True)
    )
    return Predictions(indices, fragment, embryo, direct, soft)


def _on_cpu(prediction: Prediction, valid: Tensor) -> tuple[Tensor, ...]:
    logits = prediction.mask_logits.float()
    soft = soft_area_ratio(logits, valid)
    fragment, embryo = logits[:, 0].half(), torch.sigmoid(logits[:, 1]).half()
    return fragment.cpu(), embryo.cpu(), prediction.ratio.float().cpu(), soft.cpu()


def validation_scores(prediction: Prediction, batch: Batch) -> dict[str, np.ndarray]:
    """Dice (per image with a mask) and absolute ratio error (per image with a ratio)."""
    found = (prediction.mask_logits[:, 0] > 0).cpu().numpy()
    truth, valid = batch.fragment[:, 0].cpu().numpy() > 0, batch.valid[:, 0].cpu().numpy() > 0
    paired, known = batch.paired.cpu().numpy(), batch.has_ratio.cpu().numpy()
    scores = [dice(found[i], truth[i], valid[i]) for i in np.flatnonzero(paired)]
    error = (prediction.ratio.float() - batch.ratio).abs().cpu().numpy()
    return {"dice": np.asarray(scores), "mae": error[known]}


@torch.inference_mode()
def mean_scores(model: nn.Module, batches: Iterable[Batch], compute: Compute) -> dict[str, float]:
    """One mean over images, not a mean of batch means; an image without fragment has no Dice."""
    scores = []
    for batch in batches:
        seen = batch.to(compute.device)
        with compute.autocast():
            prediction = model(*seen.inputs)
        scores.append(validation_scores(prediction, seen))
    joined = {name: np.concatenate([part[name] for part in scores]) for name in scores[0]}
    return {
        name: float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
        for name, values in joined.items()
    }
