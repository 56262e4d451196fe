"""Apart is 1, shuffled is chance, and a patient's own images are no help."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ivfgrade.texture.separation import (
    Separation,
    classifiers,
    held_out_shares,
    separation,
    tsne_plane,
)
from tests.fragmentation.arrays import SCHEME
from tests.texture.drawn import BOOTSTRAP, PARAMS, graded

RANDOM = np.random.default_rng(0)
GRADE = RANDOM.permutation(np.repeat(np.arange(4), 20))  # of 80 images
PATIENTS = np.arange(80) // 2
APART = GRADE[:, None] * np.array([10.0, -10.0]) + RANDOM.normal(0, 0.3, (80, 2))


def separated(features: np.ndarray) -> Separation:
    return separation(graded(GRADE, PATIENTS), features, SCHEME, PARAMS, BOOTSTRAP, seed=0)


@pytest.fixture(scope="module")
def apart() -> Separation:
    return separated(APART)


@pytest.fixture(scope="module")
def shuffled() -> Separation:
    return separated(RANDOM.permutation(APART))


@pytest.mark.parametrize("name", list(classifiers(1)))
@pytest.mark.parametrize(
    "question", ["grade_accuracy", "balanced_accuracy", "auc_last_against_first"]
)
def test_apart_is_one_and_shuffled_is_no_better_than_chance(apart, shuffled, name, question):
    assert apart.numbers[name][question] == {"value": 1, "low": 1, "high": 1}
    by_chance = 0.5 if question.startswith("auc") else 0.25
    assert shuffled.numbers[name][question]["low"] < by_chance


@pytest.mark.parametrize("name", list(classifiers(1)))
def test_features_without_meaning_are_not_ranked_upside_down(name):
    """As they would be by models that lean to the grade which the held-out patient made rarer."""
    random, grade, patients = np.random.default_rng(4), np.arange(20) % 2, np.arange(20)
    areas = []
    for _ in range(12):
        features = random.normal(size=(20, 1))
        shares = held_out_shares(classifiers(9)[name], features, grade, patients, 2)[:, 1]
        areas.append(roc_auc_score(grade, shares))
    assert 0.3 < np.mean(areas) < 0.7


def test_silhouette_of_grades_apart_and_shuffled(apart, shuffled):
    for space, high in {"features": 0.9, "tsne": 0.4}.items():
        assert apart.numbers["silhouette"][space]["all_grades"]["value"] > high
        assert shuffled.numbers["silhouette"][space]["all_grades"]["value"] < 0


def test_chance_is_what_the_most_frequent_grade_gets(apart):
    chance = apart.numbers["chance"]
    assert chance["grade_accuracy"]["value"] == 0.25
    assert (chance["balanced_accuracy"], chance["auc_last_against_first"]) == (0.25, 0.5)


def test_the_table_holds_what_the_numbers_say(shuffled):
    answer = shuffled.table["linear_grade"].to_numpy(str)
    right = (answer == np.array(SCHEME.names)[GRADE]).mean()
    assert right == pytest.approx(shuffled.numbers["linear"]["grade_accuracy"]["value"])
    extreme = np.isin(GRADE, (0, 3))
    assert (shuffled.table["linear_share_last"].notna() == extreme).all()


def test_images_of_the_same_patient_do_not_help():
    """Each patient has a place of its own and one grade: known only to who has seen the patient."""
    random = np.random.default_rng(3)
    patients = np.repeat(np.arange(20), 4)
    grade = random.permutation(np.repeat([0, 1], 10))[patients]
    place = random.normal(0, 10, (20, 2))[patients] + random.normal(0, 0.01, (80, 2))
    model = classifiers(3)["neighbours"]
    as_if_strangers = held_out_shares(model, place, grade, np.arange(80), 2).argmax(1)
    assert (as_if_strangers == grade).all()
    assert (held_out_shares(model, place, grade, patients, 2).argmax(1) == grade).mean() < 0.8


def test_shares_sum_to_one_where_a_grade_is_missing_from_the_others():
    grade = np.array([0, 0, 0, 0, 3])  # the only D belongs to a patient of its own
    features = np.arange(5.0)[:, None]
    for model in classifiers(15).values():
        shares = held_out_shares(model, features, grade, np.arange(5), 4)
        assert shares.sum(1) == pytest.approx(np.ones(5))
        assert shares[4].tolist() == [1, 0, 0, 0]


def test_one_patient_or_one_grade_leaves_questions_open():
    images = graded(np.zeros(6, int), np.arange(6))
    numbers = separation(images, APART[:6], SCHEME, PARAMS, BOOTSTRAP, seed=0).numbers
    assert numbers["linear"]["auc_last_against_first"]["value"] is None
    assert numbers["silhouette"]["tsne"]["all_grades"]["value"] is None
    lonely = held_out_shares(classifiers(2)["linear"], APART[:4], GRADE[:4], np.zeros(4), 4)
    assert np.isnan(lonely).all()


def test_the_plane_is_the_same_every_time():
    assert (tsne_plane(APART, 5, seed=1) == tsne_plane(APART, 5, seed=1)).all()
