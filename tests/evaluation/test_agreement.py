import numpy as np
import pytest

from ivfgrade.evaluation.agreement import accuracy, confusion, quadratic_kappa, recall, within

# rows are the truth: 5 of 7 on the diagonal, one image two grades off, one image one grade off
MATRIX = np.array([[2, 0, 1], [1, 2, 0], [0, 0, 1]], float)


def test_confusion_counts_each_image_once():
    truth, predicted = np.array([0, 0, 0, 1, 1, 1, 2]), np.array([0, 0, 2, 0, 1, 1, 2])
    assert confusion(truth, predicted, 3).sum(0) == pytest.approx(MATRIX)


def test_accuracy_and_within_one():
    assert accuracy(MATRIX) == pytest.approx(5 / 7)
    assert within(MATRIX, 1) == pytest.approx(6 / 7)
    assert within(MATRIX, 2) == 1


def test_quadratic_kappa_by_hand():
    # observed: 4*1 + 1*1 = 5.  rows 3 3 1, columns 3 2 2, n = 7.
    # by chance: (3*2 + 3*3 + 3*2 + 1*2) * 1 + (3*2 + 1*3) * 4 = 23 + 36 = 59, over n
    assert quadratic_kappa(MATRIX) == pytest.approx(1 - 5 * 7 / 59)


def test_kappa_at_its_ends():
    assert quadratic_kappa(np.diag([3.0, 2, 4])) == 1
    assert quadratic_kappa(np.array([[0, 2.0], [2, 0]])) == -1
    assert quadratic_kappa(np.ones((4, 4))) == pytest.approx(0)
    assert np.isnan(quadratic_kappa(np.diag([5.0, 0, 0])))


def test_recall_per_grade():
    assert recall(MATRIX) == pytest.approx([2 / 3, 2 / 3, 1])
    assert np.isnan(recall(np.diag([1.0, 0])))[1]


def test_a_stack_gives_one_value_per_matrix():
    stack = np.stack([MATRIX, np.diag([3.0, 2, 4])])
    assert quadratic_kappa(stack) == pytest.approx([quadratic_kappa(MATRIX), 1])
    assert accuracy(stack) == pytest.approx([5 / 7, 1])
