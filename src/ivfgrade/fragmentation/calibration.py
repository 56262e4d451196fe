"""From raw outputs to mask and reported ratio.

The mask begins at the probability nearest to 1/2 that serves the validation patients as well as the
best one (S4.54).
The ratio is fitted on the `calibration` patients alone. Dice and focal loss distort probabilities,
and a distorted probability is a biased area (S4.36). So the fragment logits are first recalibrated
(temperature and offset); then the ratio is the combination of direct regression and soft area that
comes closest to the truth (S4.55). Uncertain networks answer towards the middle, which a weighted
mean would keep and least squares undo. Few images make least squares follow their noise: so the
mask's area, which is the ratio by its definition, keeps the weight of a hundred images.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import lsq_linear, minimize
from scipy.special import expit, logit

from ivfgrade.atomic import read_json, write_json
from ivfgrade.dataset.arrays import FRAGMENT, Arrays
from ivfgrade.errors import InputError
from ivfgrade.evaluation.metrics import soft_ratio
from ivfgrade.fragmentation.model import AttnRegDeepLab
from ivfgrade.fragmentation.scoring import Predictions, best_threshold, dice_by_threshold, predict
from ivfgrade.strict import build as build_strictly
from ivfgrade.training.precision import Compute

FILE = "calibration.json"
EMBRYO_THRESHOLD = 0.5
LARGEST_WEIGHT = 2.0  # of an estimate in the fused ratio
PRIOR_IMAGES = 100  # that would have to agree before least squares counts as much as the mask
PIXELS_PER_IMAGE = 4000  # enough for two parameters, evenly spaced over the embryo


@dataclass(frozen=True)
class Calibration:
    mask_threshold: float  # of the fragment probability as trained, from which a pixel is masked
    temperature: float
    offset: float  # calibrated logit = logit / temperature + offset
    intercept: float  # fused ratio = intercept + weight_direct * direct + weight_soft * soft
    weight_direct: float
    weight_soft: float
    images: int  # on which temperature, offset and fusion were fitted

    @property
    def mask_logit(self) -> float:
        return float(logit(self.mask_threshold))

    def probability(self, fragment_logit: np.ndarray) -> np.ndarray:
        return expit(fragment_logit.astype(np.float32) / self.temperature + self.offset)

    def fuse(self, direct: np.ndarray, soft: np.ndarray) -> np.ndarray:
        """Of a network without regression head `direct` is NaN, and its weight 0."""
        known = np.nan_to_num(direct)
        fused = self.intercept + self.weight_direct * known + self.weight_soft * soft
        return np.clip(fused, 0.0, 1.0)

    def soft(self, predictions: Predictions, arrays: Arrays) -> np.ndarray:
        """Soft area ratio of the calibrated probabilities."""
        ratios = [
            soft_ratio(self.probability(logits), embryo.astype(np.float32), arrays.valid(i))
            for logits, embryo, i in _per_image(predictions)
        ]
        return np.asarray(ratios)


IDENTITY = Calibration(0.5, 1.0, 0.0, 0.0, 1.0, 0.0, 0)


def calibrate(
    model: AttnRegDeepLab, arrays: Arrays, mask_threshold: float | None, compute: Compute
) -> Calibration:
    """Settle how `model` is read; without a given mask threshold validation chooses it."""
    if mask_threshold is None:
        mask_threshold = tune_threshold(model, arrays, compute)
    unseen = arrays.indices("calibration", ("paired",))
    return fit_calibration(predict(model, arrays, unseen, compute), arrays, mask_threshold)


def tune_threshold(model: AttnRegDeepLab, arrays: Arrays, compute: Compute) -> float:
    """What `best_threshold` takes on the paired validation images."""
    return threshold_of(predict(model, arrays, arrays.indices("val", ("paired",)), compute), arrays)


def threshold_of(predictions: Predictions, arrays: Arrays) -> float:
    scores = [
        dice_by_threshold(fragment, arrays.masks[i][..., FRAGMENT] > 0, arrays.valid(i))
        for fragment, i in zip(predictions.fragment, predictions.indices, strict=True)
    ]
    return best_threshold(np.array(scores))[0]


def fit_calibration(predictions: Predictions, arrays: Arrays, mask_threshold: float) -> Calibration:
    """`predictions` of paired images that neither training nor selection has seen."""
    truth = arrays.manifest["ratio"].to_numpy(float)[predictions.indices]
    known = np.isfinite(truth)  # a mask without any outline has no ratio
    if not known.any():
        raise InputError(
            "the calibration split has no paired image with a ratio; give it some in split"
        )
    temperature, offset = fit_logits(*_embryo_pixels(predictions, arrays))
    pixels_only = replace(IDENTITY, temperature=temperature, offset=offset)
    soft = pixels_only.soft(predictions, arrays)
    direct = np.nan_to_num(predictions.direct)  # a constant explains nothing: weight 0
    estimates = np.column_stack([direct, soft])[known]  # n 2
    fused = towards_the_mask(least_squares(estimates, truth[known]), int(known.sum()))
    return Calibration(mask_threshold, temperature, offset, *fused, images=int(known.sum()))


def least_squares(estimates: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Intercept and weights of the two estimates, between 0 and LARGEST_WEIGHT.

    None is negative: more never means less. None is huge: a few images on which an estimate hardly
    varies would blow its noise up.
    """
    centre, mean = estimates.mean(axis=0), float(truth.mean())
    weights = lsq_linear(
        estimates - centre, truth - mean, bounds=(0.0, LARGEST_WEIGHT), method="bvls"
    ).x
    return float(mean - centre @ weights), float(weights[0]), float(weights[1])


def towards_the_mask(fitted: tuple[float, float, float], images: int) -> tuple[float, float, float]:
    """Intercept and weights between those that so many images support, and the mask's area."""
    share = images / (images + PRIOR_IMAGES)
    intercept, direct, soft = (share * value for value in fitted)
    return intercept, direct, soft + 1 - share


def fit_logits(logits: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Temperature and offset with the smallest binary cross-entropy."""
    if len(np.unique(target)) < 2:
        return 1.0, 0.0  # one class only, or none, says nothing about the scale

    def entropy(slope_offset: np.ndarray) -> float:
        z = slope_offset[0] * logits + slope_offset[1]
        return float(np.mean(np.logaddexp(0.0, z) - target * z))

    found = minimize(entropy, x0=np.array([1.0, 0.0]), bounds=[(0.05, 20.0), (-10.0, 10.0)])
    slope, offset = found.x
    return float(1.0 / slope), float(offset)


def _embryo_pixels(predictions: Predictions, arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Logits and truth inside the true embryo, the only place where fragments can be."""
    logits, targets = [], []
    for trained, _, i in _per_image(predictions):
        fragment, embryo = np.moveaxis(np.asarray(arrays.masks[i]), -1, 0)
        inside = np.flatnonzero((embryo > 0) & arrays.valid(i))
        chosen = inside[:: max(1, len(inside) // PIXELS_PER_IMAGE)]
        logits.append(trained.ravel()[chosen].astype(np.float64))
        targets.append(fragment.ravel()[chosen].astype(np.float64))
    return np.concatenate(logits), np.concatenate(targets)


def _per_image(predictions: Predictions) -> zip:
    return zip(predictions.fragment_logit, predictions.embryo, predictions.indices, strict=True)


def save_calibration(folder: Path, calibration: Calibration) -> None:
    write_json(folder / FILE, asdict(calibration))


def load_calibration(folder: Path) -> Calibration:
    return build_strictly(Calibration, read_json(folder / FILE), str(folder / FILE))
