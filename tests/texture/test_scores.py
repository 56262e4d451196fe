import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from ivfgrade.evaluation.agreement import confusion
from ivfgrade.texture.scores import Scores, balanced_accuracy
from tests.texture.drawn import BOOTSTRAP

ALL = np.full(60, True)


@pytest.fixture
def scores() -> Scores:
    return Scores(np.arange(60) // 3, BOOTSTRAP)


def test_auc_is_that_of_scikit_learn_ties_included(scores):
    random = np.random.default_rng(0)
    positive = random.random(60) < 0.4
    score = np.round(random.normal(positive, 1.5))  # many equal ones
    found = scores.auc(score, positive, ALL)
    assert found["value"] == pytest.approx(roc_auc_score(positive, score), abs=1e-6)
    assert found["low"] < found["value"] < found["high"]


def test_auc_of_some_images_does_not_see_the_others(scores):
    random = np.random.default_rng(1)
    positive, score = random.random(60) < 0.5, random.random(60)
    counted = random.random(60) < 0.5
    alone = scores.auc(score, positive, counted)
    hidden = np.where(counted, score, np.nan)
    assert alone == scores.auc(hidden, positive, counted)
    assert alone["value"] == pytest.approx(
        roc_auc_score(positive[counted], score[counted]), abs=1e-6
    )


def test_auc_of_one_kind_is_unknown(scores):
    nothing = {"value": None, "low": None, "high": None}
    assert scores.auc(np.arange(60.0), ALL, ALL) == nothing
    assert scores.auc(np.arange(60.0), ALL, ~ALL) == nothing


def test_balanced_accuracy_is_that_of_scikit_learn():
    random = np.random.default_rng(2)
    truth, answer = random.choice(3, 60, p=[0.7, 0.2, 0.1]), random.integers(0, 3, 60)
    matrix = confusion(truth, answer, 4).sum(0)  # a fourth grade that does not occur
    assert balanced_accuracy(matrix) == pytest.approx(balanced_accuracy_score(truth, answer))
    assert np.isnan(balanced_accuracy(np.zeros((4, 4))))
