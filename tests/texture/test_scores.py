import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from ivfgrade.evaluation.agreement import confusion
from ivfgrade.texture.scores import Ranking, Scores, balanced_accuracy
from tests.texture.drawn import BOOTSTRAP

ALL = np.full(60, True)


@pytest.fixture
def scores() -> Scores:
    return Scores(np.arange(60) // 3, BOOTSTRAP)


def test_auc_is_that_of_scikit_learn_ties_included(scores):
    random = np.random.default_rng(0)
    positive = random.random(60) < 0.4
    score = np.round(random.normal(positive, 1.5))  # many equal ones
    found = scores.auc(Ranking(score, positive, ALL))
    assert found["value"] == pytest.approx(roc_auc_score(positive, score), abs=1e-6)
    assert found["low"] < found["value"] < found["high"]


def test_auc_of_some_images_does_not_see_the_others(scores):
    random = np.random.default_rng(1)
    positive, score = random.random(60) < 0.5, random.random(60)
    counted = random.random(60) < 0.5
    alone = scores.auc(Ranking(score, positive, counted))
    hidden = np.where(counted, score, np.nan)
    assert alone == scores.auc(Ranking(hidden, positive, counted))
    assert alone["value"] == pytest.approx(
        roc_auc_score(positive[counted], score[counted]), abs=1e-6
    )


def test_auc_of_one_kind_is_unknown(scores):
    nothing = {"value": None, "low": None, "high": None}
    assert scores.auc(Ranking(np.arange(60.0), ALL, ALL)) == nothing
    assert scores.auc(Ranking(np.arange(60.0), ALL, ~ALL)) == nothing


def test_the_best_of_several_is_chosen_anew_in_each_resample(scores):
    """Two scores without any meaning: the better one is better than chance in most resamples."""
    random = np.random.default_rng(5)
    positive = random.random(60) < 0.5
    rankings = [Ranking(random.random(60), positive, ALL) for _ in range(2)]
    alone = [scores.auc(ranking) for ranking in rankings]
    best = scores.best_auc(rankings)
    for end in ("value", "low", "high"):
        assert best[end] >= max(one[end] for one in alone)
    assert best["value"] == max(one["value"] for one in alone)
    chosen = max(alone, key=lambda one: one["value"])
    assert best["low"] > chosen["low"]


def test_the_best_of_several_leaves_out_what_is_unknown(scores):
    known = Ranking(np.arange(60.0), np.arange(60) > 20, ALL)
    unknown = Ranking(np.arange(60.0), ALL, ALL)
    assert scores.best_auc([unknown, known]) == scores.auc(known)


def test_balanced_accuracy_is_that_of_scikit_learn():
    random = np.random.default_rng(2)
    truth, answer = random.choice(3, 60, p=[0.7, 0.2, 0.1]), random.integers(0, 3, 60)
    matrix = confusion(truth, answer, 4).sum(0)  # a fourth grade that does not occur
    assert balanced_accuracy(matrix) == pytest.approx(balanced_accuracy_score(truth, answer))
    assert np.isnan(balanced_accuracy(np.zeros((4, 4))))
