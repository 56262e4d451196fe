"""Predictions for whole splits, and the numbers by which training picks an epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor, nn
from tqdm import tqdm

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.evaluation.metrics import dice
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.model import Prediction, soft_area_ratio
from ivfgrade.fragmentation.regression import PureRegression
from ivfgrade.fragmentation.sampling import FORWARD_BATCH, in_chunks, load_pixels
from ivfgrade.fragmentation.stored import Network
from ivfgrade.training.precision import Compute

NAN = float("nan")
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))  # tried on validation


@dataclass(frozen=True)
class Predictions:
    """One entry per image, in the order of `indices`; maps at network resolution."""

    indices: np.ndarray  # N
    fragment_logit: np.ndarray  # N S S float16
    embryo: np.ndarray  # N S S float16, probability
    direct: np.ndarray  # N, the head's ratio
    soft: np.ndarray  # N, the uncalibrated soft area ratio
    outlined: bool  # whether the network draws masks at all

    @property
    def fragment(self) -> np.ndarray:
        return expit(self.fragment_logit.astype(np.float32))


@torch.inference_mode()
def predict(model: Network, arrays: Arrays, indices: np.ndarray, compute: Compute) -> Predictions:
    """A network without regression head has NaN for `direct`, one without outlines for the rest."""
    compute.place(model).eval()
    outlines = not isinstance(model, PureRegression)
    found: list[tuple[Tensor, ...]] = []
    chunks = in_chunks(indices, FORWARD_BATCH)
    for chunk in tqdm(chunks, desc="predict", unit="batch", disable=len(chunks) < 4):
        image, valid = load_pixels(arrays, chunk, compute.device)
        with compute.autocast():
            prediction = model(image, valid)
        found.append(_on_cpu(prediction, valid, model.head.regresses))
    if not found:
        empty = np.zeros((0, arrays.size, arrays.size), np.float16)
        return Predictions(indices, empty, empty, np.zeros(0), np.zeros(0), outlines)
    fragment, embryo, direct, soft = (
        torch.cat(parts).numpy() for parts in zip(*found, strict=True)
    )
    return Predictions(indices, fragment, embryo, direct, soft, outlines)


def _on_cpu(prediction: Prediction, valid: Tensor, regresses: bool) -> tuple[Tensor, ...]:
    logits = prediction.mask_logits.float()
    direct = prediction.ratio.float() if regresses else torch.full_like(prediction.ratio, NAN)
    if logits.shape[1]:
        soft, fragment, embryo = (
            soft_area_ratio(logits, valid),
            logits[:, 0],
            logits[:, 1].sigmoid(),
        )
    else:
        soft, fragment = torch.full_like(direct, NAN), torch.full_like(valid[:, 0], NAN)
        embryo = fragment
    return fragment.half().cpu(), embryo.half().cpu(), direct.cpu(), soft.cpu()


def dice_by_threshold(fragment: np.ndarray, truth: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Dice of one image for each of THRESHOLDS; `fragment` is a probability, S S each."""
    return np.array([dice(fragment >= threshold, truth, valid) for threshold in THRESHOLDS])


def best_threshold(scores: np.ndarray) -> tuple[float, float]:
    """The threshold nearest to 1/2 among those as good as the best, and the highest mean Dice.

    `scores` is images x THRESHOLDS. As good are those that these images cannot tell from the best
    one: their mean lies within one standard error of the paired difference. Nearest to 1/2, because
    false alarms on images without fragments have no Dice, and a low threshold pays for them.
    1/2 if no image has fragments.
    """
    seen = scores[np.isfinite(scores).all(axis=1)]
    if not len(seen):
        return 0.5, float("nan")
    means = seen.mean(axis=0)
    lost = seen[:, [means.argmax()]] - seen  # N T
    error = lost.std(axis=0) / np.sqrt(len(seen))
    as_good = [t for t, m, e in zip(THRESHOLDS, lost.mean(0), error, strict=True) if m <= e + 1e-9]
    return min(as_good, key=lambda threshold: abs(threshold - 0.5)), float(means.max())


def _validation_scores(prediction: Prediction, batch: Batch) -> dict[str, np.ndarray]:
    """Dice by threshold (per image with a mask) and absolute ratio error (per one with a ratio)."""
    found = torch.sigmoid(prediction.mask_logits[:, :1].float()).cpu().numpy()  # none: B 0 S S
    truth, valid = batch.fragment[:, 0].cpu().numpy() > 0, batch.valid[:, 0].cpu().numpy() > 0
    known = batch.has_ratio.cpu().numpy()
    drawn = np.flatnonzero(batch.paired.cpu().numpy() & bool(found.shape[1]))
    dices = [dice_by_threshold(found[i, 0], truth[i], valid[i]) for i in drawn]
    error = (prediction.ratio.float() - batch.ratio).abs().cpu().numpy()
    return {"dice": np.reshape(dices, (-1, len(THRESHOLDS))), "mae": error[known]}


@torch.inference_mode()
def mean_scores(model: nn.Module, batches: Iterable[Batch], compute: Compute) -> dict[str, float]:
    """One mean over images, not a mean of batch means; an image without fragment has no Dice.

    `dice` is that of the masks at probability 1/2, `tuned_dice` at whichever threshold is best.
    """
    scores = []
    for batch in batches:
        seen = batch.to(compute.device)
        with compute.autocast():
            prediction = model(*seen.inputs)
        scores.append(_validation_scores(prediction, seen))
    dices, errors = (np.concatenate([part[name] for part in scores]) for name in ("dice", "mae"))
    return {
        "dice": _mean(dices[:, THRESHOLDS.index(0.5)]),
        "tuned_dice": best_threshold(dices)[1],
        "mae": _mean(errors),
    }


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
