"""What is measured on one image: how well the fragments are outlined and what ratio follows.

Every function takes the masks of one image and looks at its valid pixels only, so padding never
counts. An image whose truth holds no fragment has no Dice, IoU or boundary F1 (NaN): it says
nothing about outlines. Such images are judged by their false alarms instead (`false_alarm`).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt


def dice(pred: np.ndarray, truth: np.ndarray, valid: np.ndarray) -> float:
    pred, truth = pred & valid, truth & valid  # S S
    if not truth.any():
        return float("nan")
    return float(2 * (pred & truth).sum() / (pred.sum() + truth.sum()))


def iou(pred: np.ndarray, truth: np.ndarray, valid: np.ndarray) -> float:
    pred, truth = pred & valid, truth & valid
    if not truth.any():
        return float("nan")
    return float((pred & truth).sum() / (pred | truth).sum())


def boundary_f1(
    pred: np.ndarray, truth: np.ndarray, valid: np.ndarray, tolerance_px: float
) -> float:
    """F1 of outline pixels that lie within `tolerance_px` of the other mask's outline."""
    pred, truth = pred & valid, truth & valid
    if not truth.any():
        return float("nan")
    if not pred.any():
        return 0.0
    pred_outline, truth_outline = outline(pred), outline(truth)
    precision = (distance_transform_edt(~truth_outline)[pred_outline] <= tolerance_px).mean()
    recall = (distance_transform_edt(~pred_outline)[truth_outline] <= tolerance_px).mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def outline(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask that touch its outside."""
    return mask & ~binary_erosion(mask)


def false_alarm(pred: np.ndarray, truth: np.ndarray, valid: np.ndarray) -> float:
    """Share of the valid pixels outlined although the image holds no fragment; NaN if it does."""
    if (truth & valid).any():
        return float("nan")
    return float((pred & valid).sum() / valid.sum())


def hard_ratio(fragment: np.ndarray, embryo: np.ndarray, valid: np.ndarray) -> float:
    """Fragment share of the embryo from two masks; 0 where no embryo is seen."""
    embryo = embryo & valid
    return float((fragment & embryo).sum() / embryo.sum()) if embryo.any() else 0.0


def soft_ratio(fragment: np.ndarray, embryo: np.ndarray, valid: np.ndarray) -> float:
    """The same from two probability maps: sum(p_f p_e) / sum(p_e); 0 below one pixel of embryo."""
    embryo = np.where(valid, embryo, 0.0).astype(np.float64)
    return float((fragment * embryo).sum() / max(embryo.sum(), 1.0))


def interval_error(ratio: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How far a ratio lies outside its grade's interval: the error a grade alone can show."""
    ratio, low, high = np.asarray(ratio), np.asarray(low), np.asarray(high)
    return np.maximum(np.maximum(low - ratio, ratio - high), 0.0)
