import numpy as np
import pytest

from ivfgrade.evaluation.fragments import class_names, diameter, score_fragments, size_class

VALID = np.ones((40, 40), bool)


def square(top: int, left: int, side: int) -> np.ndarray:
    canvas = np.zeros((40, 40), bool)
    canvas[top : top + side, left : left + side] = True
    return canvas


SMALL, LARGE = square(2, 2, 4), square(20, 20, 12)


def test_each_fragment_gets_its_own_score():
    # 3 of the 4 rows of the small one, none of the large one
    pred = SMALL.copy()
    pred[5] = False
    small, large = score_fragments(pred, SMALL | LARGE, VALID)
    assert (small.covered, small.dice) == (0.75, pytest.approx(2 * 12 / (16 + 12)))
    assert (large.covered, large.dice) == (0, 0)
    assert small.diameter_px == pytest.approx(2 * np.sqrt(16 / np.pi))


def test_a_prediction_over_two_fragments_is_shared_out():
    left, right = square(10, 5, 4), square(10, 15, 4)
    both = np.zeros((40, 40), bool)
    both[10:14, 5:19] = True  # bridges the gap of 6 columns: 3 for each side
    for score in score_fragments(both, left | right, VALID):
        assert score.covered == 1
        assert score.dice == pytest.approx(2 * 16 / (16 + 16 + 12))


def test_a_false_alarm_belongs_to_no_size_class():
    (with_alarm,) = score_fragments(SMALL | LARGE, SMALL, VALID)
    assert with_alarm.dice == 1


def test_padding_is_not_scored():
    valid = VALID.copy()
    valid[20:] = False
    assert len(score_fragments(SMALL, SMALL | LARGE, valid)) == 1
    assert score_fragments(SMALL, LARGE, valid) == []


def test_size_classes_are_half_open_and_named():
    assert class_names((10, 20)) == ["under_10", "10_to_20", "from_20"]
    assert size_class(np.array([9.9, 10, 19.9, 20, 80]), (10, 20)).tolist() == [0, 1, 1, 2, 2]
    assert diameter(np.pi * 25) == pytest.approx(10)
