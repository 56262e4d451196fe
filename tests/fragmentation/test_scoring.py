"""The numbers that pick an epoch: Dice at one half and at the best threshold, and ratio error."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ivfgrade.fragmentation.model import Prediction
from ivfgrade.fragmentation.sampling import load_batch
from ivfgrade.fragmentation.scoring import (
    THRESHOLDS,
    best_threshold,
    dice_by_threshold,
    mean_scores,
)
from ivfgrade.fragmentation.spec import VALIDATED
from ivfgrade.training.precision import Compute
from tests.fragmentation.arrays import tiny_embryos

CPU = Compute(torch.device("cpu"), torch.float32)


class Timid(nn.Module):
    """Knows every mask, but gives fragments no more than 0.3."""

    def __init__(self, fragment: Tensor) -> None:
        super().__init__()
        self.fragment = fragment

    def forward(self, image: Tensor, valid: Tensor) -> Prediction:  # noqa: ARG002
        probability = torch.where(self.fragment > 0, 0.3, 0.1)  # B 1 S S
        ratio = torch.full((len(image),), 0.5)
        return Prediction(torch.logit(probability).repeat(1, 2, 1, 1), ratio)


def test_dice_by_threshold_is_that_of_each_mask() -> None:
    truth = np.zeros((4, 4), bool)
    truth[0] = True
    fragment = np.where(truth, 0.42, 0.21)
    scores = dice_by_threshold(fragment, truth, np.ones_like(truth))
    assert scores == pytest.approx(
        [0.4 if t <= 0.21 else 1 if t <= 0.42 else 0 for t in THRESHOLDS]
    )


def test_the_best_threshold_is_that_of_the_mean_over_images_with_fragments() -> None:
    scores = np.full((3, len(THRESHOLDS)), 0.1)
    scores[0, 2], scores[1, 5] = 0.3, 0.3
    scores[:2, 4] = 0.9
    scores[2] = np.nan
    assert best_threshold(scores) == (THRESHOLDS[4], pytest.approx(0.9))


def test_what_few_images_cannot_tell_apart_is_settled_by_one_half() -> None:
    scores = np.full((4, len(THRESHOLDS)), 0.1)
    scores[:, 2] = [0.50, 0.60, 0.40, 0.50]
    scores[:, 6] = [0.58, 0.46, 0.48, 0.44]  # 0.01 lower, but not in every image
    assert best_threshold(scores) == (THRESHOLDS[6], pytest.approx(0.5))
    scores[:, 6] = scores[:, 2] - 0.01  # lower in every image
    assert best_threshold(scores)[0] == THRESHOLDS[2]


def test_of_equal_thresholds_the_one_nearest_to_one_half_is_taken() -> None:
    perfect = np.ones((2, len(THRESHOLDS)))
    assert best_threshold(perfect) == (0.5, 1.0)
    perfect[:, THRESHOLDS.index(0.5)] = 0.9
    assert best_threshold(perfect)[0] in (0.45, 0.55)


def test_without_fragments_no_threshold_is_better_than_one_half() -> None:
    threshold, dice = best_threshold(np.full((2, len(THRESHOLDS)), np.nan))
    assert threshold == 0.5
    assert np.isnan(dice)


def test_a_timid_network_is_recognised_by_the_tuned_dice_alone() -> None:
    embryos = tiny_embryos(paired=4)
    batch = load_batch(embryos, embryos.paired("train"))
    scores = mean_scores(Timid(batch.fragment), [batch], CPU)
    assert tuple(scores) == VALIDATED
    assert (scores["dice"], scores["tuned_dice"]) == (0, 1)
    assert scores["mae"] == pytest.approx(float((batch.ratio - 0.5).abs().mean()))
