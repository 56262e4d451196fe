import dataclasses

import numpy as np
import pytest

from ivfgrade.texture.judged import judge
from ivfgrade.texture.regression import Labelled, fit_mlp, fit_regressors, fit_ridge
from tests.fragmentation.arrays import SCHEME
from tests.texture.drawn import BOOTSTRAP, MLP, PARAMS, graded


def linear(count: int, seed: int) -> Labelled:
    features = np.random.default_rng(seed).uniform(-1, 1, (count, 3))
    return Labelled(features, 0.5 + features @ np.array([0.2, -0.1, 0.1]))


TRAIN, VAL, TEST = linear(60, 0), linear(20, 1), linear(20, 2)


def mae(predict, known: Labelled) -> float:
    return float(np.abs(predict(known.features) - known.ratio).mean())


def test_both_learn_a_linear_truth():
    fitted = fit_regressors(TRAIN, VAL, PARAMS, seed=0)
    assert fitted["ridge"].penalty == min(PARAMS.ridge_penalties)
    assert mae(fitted["ridge"], TEST) < 0.001
    constant = float(np.abs(TEST.ratio - np.median(TRAIN.ratio)).mean())
    assert mae(fitted["mlp"], TEST) < 0.6 * constant


def test_what_is_kept_is_what_validation_likes_best():
    fitted = fit_regressors(TRAIN, VAL, PARAMS, seed=0)
    single = [fit_mlp(TRAIN, VAL, p, MLP, seed=0) for p in MLP.penalties]
    assert fitted["mlp"].val_mae == min(candidate.val_mae for candidate in single)
    assert mae(fitted["mlp"], VAL) == pytest.approx(fitted["mlp"].val_mae)
    ridges = [fit_ridge(TRAIN, VAL, p) for p in PARAMS.ridge_penalties]
    assert fitted["ridge"].val_mae == min(candidate.val_mae for candidate in ridges)


def test_training_stops_when_validation_no_longer_improves():
    """Validation labels that have nothing to do with the features: less learning is better."""
    noise = Labelled(VAL.features, np.random.default_rng(5).permutation(VAL.ratio))
    params = dataclasses.replace(MLP, epochs=200, patience=5)
    stopped = fit_mlp(TRAIN, noise, 1e-4, params, seed=0)
    assert stopped.epochs < 100
    longer = fit_mlp(TRAIN, VAL, 1e-4, params, seed=0)
    assert mae(longer, VAL) < mae(stopped, VAL)


def test_later_epochs_do_not_touch_the_kept_one():
    early = fit_mlp(TRAIN, VAL, 1e-4, dataclasses.replace(MLP, epochs=3), seed=0)
    later = fit_mlp(TRAIN, VAL, 1e-4, MLP, seed=0)
    assert later.epochs > early.epochs
    assert later.val_mae < early.val_mae == pytest.approx(mae(early, VAL))


def test_a_seed_decides_everything():
    first, again, other = (
        fit_mlp(TRAIN, VAL, 1e-4, MLP, seed)(TEST.features) for seed in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_predictions_are_shares():
    far = np.array([[50.0, -50.0, 50.0], [-50.0, 50.0, -50.0]])
    fitted = fit_regressors(TRAIN, VAL, PARAMS, seed=0)
    assert fitted["ridge"](far).tolist() == [1, 0]
    assert fitted["mlp"](far)[0] == 1 < fitted["mlp"].predict(far)[0]


GRADE = np.array([0, 0, 1, 1, 2, 2, 3, 3])


def test_a_regressor_that_knows_the_last_grade_alone_is_seen_as_such():
    test = graded(GRADE, np.arange(8) // 2)
    numbers = judge(np.where(GRADE == 3, 0.8, 0.05), test, SCHEME, BOOTSTRAP)
    assert numbers["of_grade"]["D"]["recall"]["value"] == 1
    assert numbers["of_grade"]["D"]["precision"]["value"] == 1
    assert numbers["auc_last_against_others"]["value"] == 1
    assert numbers["auc_of_two_grades"]["A-B"]["value"] == 0.5
    assert numbers["auc_of_two_grades"]["B-C"]["value"] == 0.5
    assert numbers["auc_of_two_grades"]["C-D"]["value"] == 1
    assert list(numbers["auc_of_two_grades"]) == ["A-B", "A-C", "A-D", "B-C", "B-D", "C-D"]
    assert numbers["auc_of_best_pair_without_last"]["value"] == 0.5
    assert numbers["accuracy_without_last"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert numbers["usual_grade_without_last"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert numbers["grade_accuracy"]["value"] == numbers["balanced_accuracy"]["value"] == 0.5


def test_grades_that_lie_apart_are_told_apart_though_their_neighbours_are_not():
    test = graded(np.repeat([0, 1, 2], 4), np.arange(12) // 2)
    blurred = np.array([0.0, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.4, 0.4, 0.5, 0.6, 0.7])
    numbers = judge(blurred, test, SCHEME, BOOTSTRAP)
    values = {pair: found["value"] for pair, found in numbers["auc_of_two_grades"].items()}
    assert values["A-C"] == 1 > max(values["A-B"], values["B-C"])
    assert numbers["auc_of_best_pair_without_last"]["value"] == 1


def test_the_truth_is_perfect_and_the_best_constant_is_one():
    test = graded(GRADE, np.arange(8) // 2)
    truth = test["ratio"].to_numpy()
    perfect = judge(truth, test, SCHEME, BOOTSTRAP)
    assert perfect["mae"]["value"] == 0
    assert perfect["kappa_quadratic"]["value"] == 1
    constant = judge(np.full(8, np.median(truth)), test, SCHEME, BOOTSTRAP)
    assert constant["mae_relative_to_best_constant"]["value"] == 1
    assert constant["auc_last_against_others"]["value"] == 0.5
    assert constant["of_grade"]["D"]["median_prediction"] == pytest.approx(np.median(truth))


def test_a_grade_without_images_is_unknown():
    test = graded(np.array([0, 0, 1]), np.arange(3))
    numbers = judge(np.array([0.05, 0.05, 0.2]), test, SCHEME, BOOTSTRAP)
    assert numbers["of_grade"]["D"]["images"] == 0
    assert numbers["of_grade"]["D"]["recall"]["value"] is None
    assert numbers["of_grade"]["D"]["median_prediction"] is None
    assert numbers["auc_last_against_others"]["value"] is None
