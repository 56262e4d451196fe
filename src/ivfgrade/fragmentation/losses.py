"""The terms of equation 4, one function each: (prediction, batch) -> scalar.

Padding enters no term. A term to which no sample of the batch applies is a 0 that still hangs on
the graph, so a training step never has to ask what its batch contains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.model import Prediction, soft_area_ratio

DICE_SMOOTH = 1.0  # pixels (S4.37)
FOCAL_GAMMA, FOCAL_ALPHA = 2.0, 0.75  # alpha of the rare class, fragments (S4.35)
READER_SD = (
    0.09  # of the ratio's square root as a reader sees it; synthetic readers scatter so, too
)
ROOT_SHIFT = 1e-4  # ratio; a square root has no slope to follow at 0
OPEN = 1.0  # how far beyond the roots of 0 and 1 the outer grades reach: many SD
HUBER_DELTA = 0.05  # ratio; the slope beyond it is also 0.05, not 1 (S4.39)


def bce(prediction: Prediction, batch: Batch) -> Tensor:
    """L_seg, binary cross-entropy."""
    entropy = F.binary_cross_entropy_with_logits(
        prediction.mask_logits, _targets(batch), reduction="none"
    )
    return _over_known_masks(_over_valid_pixels(entropy, batch.valid), batch)


def dice(prediction: Prediction, batch: Batch) -> Tensor:
    """L_seg, soft Dice per image and mask (S4.37)."""
    probability = torch.sigmoid(prediction.mask_logits) * batch.valid
    target = _targets(batch) * batch.valid
    overlap = (probability * target).sum(dim=(2, 3))
    total = (probability + target).sum(dim=(2, 3))
    return _over_known_masks(1 - (2 * overlap + DICE_SMOOTH) / (total + DICE_SMOOTH), batch)


def focal(prediction: Prediction, batch: Batch) -> Tensor:
    """L_seg, focal loss: alpha_t (1 - p_t)^gamma (-log p_t)."""
    target = _targets(batch)
    entropy = F.binary_cross_entropy_with_logits(
        prediction.mask_logits, target, reduction="none"
    )  # -log p_t
    alpha = FOCAL_ALPHA * target + (1 - FOCAL_ALPHA) * (1 - target)
    loss = alpha * (1 - torch.exp(-entropy)) ** FOCAL_GAMMA * entropy
    return _over_known_masks(_over_valid_pixels(loss, batch.valid), batch)


def precise(prediction: Prediction, batch: Batch) -> Tensor:
    """L_pre: L1 where the ratio is known."""
    known = batch.has_ratio
    return _mean((prediction.ratio[known] - batch.ratio[known]).abs())


def interval(prediction: Prediction, batch: Batch) -> Tensor:
    """L_range, equation 5: weak samples only, where a grade is all that is known (S4.7)."""
    weak = batch.has_grade & ~batch.has_ratio
    return _mean(_outside(prediction.ratio[weak], batch, weak))


def interval_likelihood(prediction: Prediction, batch: Batch) -> Tensor:
    """In place of equation 5, which is content anywhere inside the interval: a grade is what a
    reader sees, who is off by a normal error on the scale of square roots (the larger the area, the
    larger the error), so -log of the probability of the interval. Times the error's SD, which
    gives it about the slope of equation 5 near a border. Grades A and D are open towards 0 and 1:
    no reading leaves them there."""
    weak = batch.has_grade & ~batch.has_ratio
    low, high = batch.low[weak], batch.high[weak]
    seen, nearest, farthest = (_root(one) for one in (prediction.ratio[weak], low, high))
    nearest = torch.where(low <= 0, nearest - OPEN, nearest)
    farthest = torch.where(high >= 1, farthest + OPEN, farthest)
    mass = _log_mass((nearest - seen) / READER_SD, (farthest - seen) / READER_SD)
    return -READER_SD * _mean(mass)


def area_interval(prediction: Prediction, batch: Batch) -> Tensor:
    """Equation 5 asked of the mask: the area that is outlined in a weak image must fit its grade
    (a size constraint as in Kervadec et al. 2019)."""
    weak = batch.has_grade & ~batch.has_ratio & batch.outlined
    soft_area = soft_area_ratio(prediction.mask_logits[weak], batch.valid[weak])
    return _mean(_outside(soft_area, batch, weak))


def area(prediction: Prediction, batch: Batch) -> Tensor:
    """L_cons of phase 1: the mask's area against the true ratio (S4.41)."""
    known = batch.paired & batch.has_ratio
    soft_area = soft_area_ratio(prediction.mask_logits, batch.valid)
    return _mean(_huber(soft_area[known], batch.ratio[known]))


def consistency(prediction: Prediction, batch: Batch) -> Tensor:
    """L_cons: the mask's area against the regressed ratio, wherever there is a mask (S4.39)."""
    seen = batch.outlined
    soft_area = soft_area_ratio(prediction.mask_logits[seen], batch.valid[seen])
    return _mean(_huber(soft_area, prediction.ratio[seen]))


TERMS: Mapping[str, Callable[[Prediction, Batch], Tensor]] = {
    "bce": bce,
    "dice": dice,
    "focal": focal,
    "precise": precise,
    "range": interval,
    "likelihood": interval_likelihood,
    "area_range": area_interval,
    "area": area,
    "consistency": consistency,
}

# The three parts of equation 4. The conflict that the paper asserts is one of the first two; a term
# that ties the mask's area to the ratio belongs to neither, as it would feign their agreement.
TASKS: Mapping[str, tuple[str, ...]] = {
    "segmentation": ("bce", "dice", "focal"),
    "regression": ("precise", "range", "likelihood"),
    "consistency": ("area", "area_range", "consistency"),
}
MASK_TERMS = {name: TERMS[name] for name in ("bce", "dice", "focal", "area")}  # know no grade


def _targets(batch: Batch) -> Tensor:
    return torch.cat([batch.fragment, batch.embryo], dim=1)  # B 2 S S


def _over_valid_pixels(loss: Tensor, valid: Tensor) -> Tensor:
    return (loss * valid).sum(dim=(2, 3)) / valid.sum(dim=(2, 3)).clamp_min(1.0)  # B 2


def _over_known_masks(loss: Tensor, batch: Batch) -> Tensor:
    """Fragment and embryo count the same, however many images have either."""
    fragment, embryo = loss.unbind(1)  # B, B
    with_fragment, with_embryo = batch.paired & batch.outlined, batch.has_embryo & batch.outlined
    return (_mean(fragment[with_fragment]) + _mean(embryo[with_embryo])) / 2


def _outside(ratio: Tensor, batch: Batch, chosen: Tensor) -> Tensor:
    return F.relu(batch.low[chosen] - ratio) + F.relu(ratio - batch.high[chosen])


def reading_margin(margin: float, losses: Mapping[str, float]) -> float:
    """By how much a grade's interval is widened: the likelihood knows that readers err, and would
    count it twice."""
    return 0.0 if "likelihood" in losses else margin


def _root(ratio: Tensor) -> Tensor:
    return (ratio + ROOT_SHIFT).sqrt()


def _log_mass(low: Tensor, high: Tensor) -> Tensor:
    """log(Phi(high) - Phi(low)), taken in the lower tail, where it stays exact far from 0."""
    upper = low > 0
    low, high = torch.where(upper, -high, low), torch.where(upper, -low, high)
    below, above = torch.special.log_ndtr(low), torch.special.log_ndtr(high)
    return above + torch.log1p(-torch.exp(below - above))


def _huber(value: Tensor, target: Tensor) -> Tensor:
    return F.huber_loss(value, target, reduction="none", delta=HUBER_DELTA)


def _mean(values: Tensor) -> Tensor:
    return values.sum() / max(values.numel(), 1)
