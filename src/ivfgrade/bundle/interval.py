"""How far the truth may lie from the reported ratio: a conformal interval.

Half of its width is a quantile times a scale, and the scale grows where the network is unsure:
where head and mask disagree, and where the mask's probabilities are neither 0 nor 1. The quantile
is taken over embryos that nothing was trained or chosen on, so that the stated share of new
patients' embryos is covered, whatever the network is worth: a bad one gets wide intervals (Vovk et
al. 2005). Embryos of one patient are alike, so it is patients that count, each with the same weight
(Lee, Barber and Willett 2023, on hierarchical data).

The plain conformal quantile covers as stated on average over calibrations. A bundle is one
calibration, so its quantile is drawn up to where nearly nine in ten would cover (Park et al. 2020,
on training-conditional sets): the upper end of a bootstrap of patients. That is exact only with
many: at a confidence of 0.9 and an embryo a patient, 88 in 100 cover from 250 patients, 82 from 80,
and 60 to 80 from fewer than 40.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from ivfgrade.bundle.ports import DOUBT_POWER

ASSURANCE = 0.9  # aim: of the calibrations that could have been drawn, this share covers as stated
RESAMPLES = 1000
FOLDS = 5  # of patients: the scale of an image is fitted without its patient
LEAST_SCALE = 0.005  # half a percentage point: no mask is exact


@dataclass(frozen=True)
class IntervalRule:
    """half-width = quantile * (scale[0] + scale[1] |direct - soft| + scale[2] doubt ** 1.5)"""

    confidence: float
    quantile: float
    scale: tuple[float, float, float]
    images: int  # on which it was fitted
    patients: int
    constant_width: float = 1.0  # of one interval for all embryos that promises the same

    def half_width(self, direct: np.ndarray, soft: np.ndarray, doubt: np.ndarray) -> np.ndarray:
        return self.quantile * (features(direct, soft, doubt) @ np.asarray(self.scale))

    def interval(
        self, ratio: np.ndarray, direct: np.ndarray, soft: np.ndarray, doubt: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        half = self.half_width(direct, soft, doubt)
        return np.clip(ratio - half, 0.0, 1.0), np.clip(ratio + half, 0.0, 1.0)


def features(direct: np.ndarray, soft: np.ndarray, doubt: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones_like(soft), np.abs(direct - soft), doubt**DOUBT_POWER])  # N 3


def fit_interval(
    error: np.ndarray, of_scale: np.ndarray, patients: np.ndarray, confidence: float
) -> IntervalRule:
    """From |reported - true| [N] and `features` [N,3] of images that nothing was fitted on."""
    folds = folds_of(patients)
    scores = np.empty(len(error))
    for fold in np.unique(folds):
        held = folds == fold
        scores[held] = error[held] / (of_scale[held] @ fit_scale(of_scale[~held], error[~held]))
    return IntervalRule(
        confidence=confidence,
        quantile=assured_quantile(scores, patients, confidence),
        scale=tuple(map(float, fit_scale(of_scale, error))),  # type: ignore[arg-type]
        images=len(error),
        patients=len(np.unique(patients)),
    )


def constant_width(truth: np.ndarray, patients: np.ndarray, confidence: float) -> float:
    """Of the interval round the median ratio that promises the same without looking at a picture:
    what an interval must be narrower than to be worth anything."""
    middle = float(np.median(truth))
    half = assured_quantile(np.abs(truth - middle), patients, confidence)
    return min(1.0, middle + half) - max(0.0, middle - half)


def fit_scale(of_scale: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Weights of the mean absolute error; none is negative, so doubt never narrows."""
    weights, _ = nnls(of_scale, error)
    weights[0] = max(weights[0], LEAST_SCALE)
    return weights  # 3


def assured_quantile(scores: np.ndarray, patients: np.ndarray, confidence: float) -> float:
    """The quantile that `ASSURANCE` of all drawings of as many patients, from these, lie below; no
    less than the plain one."""
    plain = patient_quantile(scores, patients, confidence)
    _, owner, images = np.unique(patients, return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    owner, ranked = owner[order], scores[order]
    rng, count = np.random.default_rng(0), len(images)
    drawn = []
    for _ in range(RESAMPLES):
        times = np.bincount(rng.integers(count, size=count), minlength=count)
        reached = np.cumsum((times / images)[owner]) / count >= confidence - 1e-12
        drawn.append(ranked[reached.argmax()])
    return max(plain, float(np.quantile(drawn, ASSURANCE)))


def patient_quantile(scores: np.ndarray, patients: np.ndarray, confidence: float) -> float:
    """The smallest score under which lies this share of patients, the new one counted as above all.

    Infinite with fewer than confidence / (1 - confidence) patients: they promise nothing.
    """
    _, owner, images = np.unique(patients, return_inverse=True, return_counts=True)
    weight = 1 / (images[owner] * (len(images) + 1))
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weight[order]) >= confidence - 1e-12
    return float(scores[order][reached.argmax()]) if reached.any() else float("inf")


def folds_of(patients: np.ndarray) -> np.ndarray:
    """Fold of each image; patients in the order of their names take turns."""
    _, number = np.unique(patients, return_inverse=True)
    return number % FOLDS
