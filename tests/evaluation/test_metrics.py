import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from ivfgrade.evaluation.metrics import (
    boundary_f1,
    dice,
    false_alarm,
    hard_ratio,
    interval_error,
    iou,
    outline,
    soft_ratio,
)

ALL = np.ones((4, 4), bool)
masks = arrays(bool, (6, 6))


def mask(*rows: str) -> np.ndarray:
    return np.array([[letter == "x" for letter in row] for row in rows])


def square(size: int, top: int, left: int, side: int) -> np.ndarray:
    canvas = np.zeros((size, size), bool)
    canvas[top : top + side, left : left + side] = True
    return canvas


TRUTH = mask("xx..", "xx..", "....", "....")
SHIFTED = mask(".xx.", ".xx.", "....", "....")


def test_overlap_of_two_shifted_squares():
    assert dice(SHIFTED, TRUTH, ALL) == pytest.approx(2 * 2 / (4 + 4))
    assert iou(SHIFTED, TRUTH, ALL) == pytest.approx(2 / 6)


def test_padding_counts_neither_for_nor_against():
    left_half = np.zeros((4, 4), bool)
    left_half[:, :2] = True
    assert dice(SHIFTED, TRUTH, left_half) == pytest.approx(2 * 2 / (2 + 4))
    assert hard_ratio(SHIFTED, ALL, left_half) == pytest.approx(2 / 8)
    assert soft_ratio(SHIFTED * 1.0, ALL * 1.0, left_half) == pytest.approx(2 / 8)
    assert false_alarm(SHIFTED, ~ALL, left_half) == pytest.approx(2 / 8)


@pytest.mark.parametrize("pred", [TRUTH, ~ALL])
def test_an_image_without_fragments_has_no_dice(pred):
    assert np.isnan(dice(pred, ~ALL, ALL))
    assert np.isnan(iou(pred, ~ALL, ALL))
    assert np.isnan(boundary_f1(pred, ~ALL, ALL, 1.0))
    assert false_alarm(pred, ~ALL, ALL) == pytest.approx(pred.sum() / 16)


def test_missing_every_fragment_scores_zero():
    assert dice(~ALL, TRUTH, ALL) == 0
    assert iou(~ALL, TRUTH, ALL) == 0
    assert boundary_f1(~ALL, TRUTH, ALL, 1.0) == 0
    assert np.isnan(false_alarm(TRUTH, TRUTH, ALL))


def test_outline_of_a_square_is_its_ring():
    assert outline(square(7, 1, 1, 5)).sum() == 16


def test_boundary_f1_forgives_a_shift_up_to_the_tolerance():
    valid = np.ones((20, 20), bool)
    truth = square(20, 5, 5, 6)
    assert boundary_f1(square(20, 5, 6, 6), truth, valid, 1.0) == 1
    assert boundary_f1(square(20, 5, 8, 6), truth, valid, 1.0) < 1
    assert boundary_f1(square(20, 16, 16, 3), truth, valid, 2.0) == 0


def test_boundary_f1_by_hand():
    # a line of 4 pixels against one of 2: every predicted pixel is near, one true pixel is not
    truth, pred = mask("xxxx"), mask("xx..")
    assert boundary_f1(pred, truth, np.ones((1, 4), bool), 1.0) == pytest.approx(
        2 * 1 * 0.75 / (1 + 0.75)
    )


@given(masks, masks)
def test_dice_and_iou_tell_the_same_story(pred, truth):
    valid = np.ones((6, 6), bool)
    if truth.any():
        overlap = iou(pred, truth, valid)
        assert dice(pred, truth, valid) == pytest.approx(2 * overlap / (1 + overlap))
        assert dice(truth, truth, valid) == 1


@given(masks, masks, masks)
def test_hard_ratio_is_the_soft_ratio_of_certain_masks(fragment, embryo, valid):
    assert hard_ratio(fragment, embryo, valid) == pytest.approx(
        soft_ratio(fragment * 1.0, embryo * 1.0, valid)
    )


def test_no_embryo_gives_ratio_zero():
    assert hard_ratio(ALL, ~ALL, ALL) == 0
    assert soft_ratio(ALL * 1.0, ALL * 0.0, ALL) == 0


def test_interval_error_is_zero_inside_and_the_distance_outside():
    assert interval_error(
        np.array([0.05, 0.10, 0.20, 0.30]), np.full(4, 0.10), np.full(4, 0.25)
    ) == pytest.approx([0.05, 0, 0, 0.05])
