"""Calibration recovers what was put in, and fusing never does worse than its better half."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.calibration import (
    LARGEST_WEIGHT,
    Calibration,
    fit_calibration,
    fit_logits,
    least_squares,
    load_calibration,
    save_calibration,
    threshold_of,
    towards_the_mask,
)
from ivfgrade.fragmentation.scoring import Predictions
from tests.fragmentation.arrays import tiny_arrays


def test_temperature_and_offset_are_recovered() -> None:
    random = np.random.default_rng(0)
    true_logit = random.normal(0, 2, 200_000)
    target = (random.random(200_000) < 1 / (1 + np.exp(-true_logit))).astype(float)
    temperature, offset = fit_logits(3.0 * (true_logit - 0.5), target)
    assert temperature == pytest.approx(3.0, rel=0.03)
    assert offset == pytest.approx(0.5, abs=0.03)


def test_one_class_leaves_the_logits_alone() -> None:
    assert fit_logits(np.array([1.0, -2.0]), np.zeros(2)) == (1.0, 0.0)


def test_independent_errors_are_weighted_by_inverse_variance() -> None:
    random = np.random.default_rng(1)
    truth = random.uniform(0, 1, 200_000)
    precise, vague = (truth + random.normal(0, sd, 200_000) for sd in (0.01, 0.02))
    intercept, weight_precise, weight_vague = least_squares(
        np.column_stack([precise, vague]), truth
    )
    assert weight_precise == pytest.approx(4 / 5, abs=0.01)
    assert weight_vague == pytest.approx(1 / 5, abs=0.01)
    assert intercept == pytest.approx(0.0, abs=0.001)


def test_answers_pulled_to_the_middle_are_pulled_back() -> None:
    truth = np.linspace(0, 1, 50)
    timid = 0.25 + 0.5 * truth
    assert least_squares(np.column_stack([timid, 0 * truth]), truth) == pytest.approx((-0.5, 2, 0))


def test_an_estimate_that_only_misleads_has_no_weight() -> None:
    truth = np.linspace(0, 1, 50)
    _, good, misleading = least_squares(np.column_stack([truth, 1 - truth]), truth)
    assert (good, misleading) == pytest.approx((1, 0))


def test_few_images_cannot_blow_an_estimate_up() -> None:
    truth = np.array([0.1, 0.3, 0.5, 0.7])
    hardly_varies = 0.2 + 0.001 * truth
    _, weight, _ = least_squares(np.column_stack([hardly_varies, 0 * truth]), truth)
    assert weight <= LARGEST_WEIGHT


def test_the_fused_ratio_stays_within_zero_and_one() -> None:
    calibration = Calibration(0.5, 1.0, 0.0, -0.1, weight_direct=0.5, weight_soft=1.0, images=9)
    fused = calibration.fuse(np.array([0.4, 0.0, 1.0]), np.array([0.2, 0.0, 1.0]))
    np.testing.assert_allclose(fused, [0.3, 0.0, 1.0])


def test_a_fitted_calibration_lies_between_least_squares_and_the_mask() -> None:
    arrays = tiny_arrays(paired=12)
    images = arrays.indices("train", ("paired",))
    masks = np.stack([arrays.masks[i] for i in images]).astype(np.float32)
    random = np.random.default_rng(0)
    logit = (6 * masks[..., 0] - 2 + random.normal(0, 3, masks.shape[:3])).astype(np.float16)
    truth = arrays.manifest["ratio"].to_numpy(float)[images]
    direct = truth + 0.05 + random.normal(0, 0.03, len(truth))
    found = Predictions(
        images, logit, masks[..., 1].astype(np.float16), direct, truth, outlined=True
    )
    calibration = fit_calibration(found, arrays, 0.3)
    fused = calibration.fuse(direct, calibration.soft(found, arrays))
    alone = least_squares(np.column_stack([direct, calibration.soft(found, arrays)]), truth)
    soft = calibration.soft(found, arrays)
    fitted = alone[0] + alone[1] * direct + alone[2] * soft
    np.testing.assert_allclose(fused, (12 * fitted + 100 * soft) / 112, atol=1e-9)
    assert abs(np.mean(fitted - truth)) < 1e-9
    assert calibration.images == 12


def test_many_images_outweigh_the_mask() -> None:
    assert towards_the_mask((0.1, 0.6, 0.3), 0) == (0, 0, 1)
    assert towards_the_mask((0.1, 0.6, 0.3), 100) == pytest.approx((0.05, 0.3, 0.65))
    assert towards_the_mask((0.1, 0.6, 0.3), 10**9) == pytest.approx((0.1, 0.6, 0.3))


def test_the_mask_begins_where_validation_dice_is_best() -> None:
    arrays = tiny_arrays(paired=3)
    images = arrays.indices("train", ("paired",))
    fragment = np.stack([arrays.masks[i][..., 0] for i in images]) > 0
    probability = np.where(fragment, 0.33, 0.22)  # timid: no pixel reaches one half
    logit = np.log(probability / (1 - probability)).astype(np.float16)
    nothing = np.zeros(len(images))
    found = Predictions(images, logit, np.ones_like(logit), nothing, nothing, outlined=True)
    assert 0.22 < threshold_of(found, arrays) <= 0.33


def test_it_comes_back_from_its_file(tmp_path: Path) -> None:
    calibration = Calibration(0.35, 1.5, -0.25, 0.01, 0.25, 0.75, 38)
    save_calibration(tmp_path, calibration)
    assert load_calibration(tmp_path) == calibration


def test_no_calibration_image_is_an_error() -> None:
    empty = np.zeros((0, 4, 4), np.float16)
    nothing = Predictions(np.zeros(0, int), empty, empty, np.zeros(0), np.zeros(0), True)
    with pytest.raises(InputError, match="calibration split"):
        fit_calibration(nothing, tiny_arrays(), 0.5)


def test_an_image_without_a_ratio_is_left_out() -> None:
    arrays = tiny_arrays(paired=4)
    images = arrays.indices("train", ("paired",))
    arrays.manifest.loc[images[0], "ratio"] = np.nan
    maps = np.zeros((4, arrays.size, arrays.size), np.float16)
    direct = arrays.manifest["ratio"].to_numpy(float)[images] + 0.05
    direct[0] = 1.0
    calibration = fit_calibration(
        Predictions(images, maps, maps + 1, direct, direct, True), arrays, 0.5
    )
    assert calibration.images == 3
    assert calibration.weight_direct == pytest.approx(3 / 103)
    assert calibration.intercept == pytest.approx(-0.05 * 3 / 103)
