import numpy as np
import pytest

from ivfgrade.evaluation.agreement import confusion, quadratic_kappa
from ivfgrade.evaluation.bootstrap import Bootstrap

BOOTSTRAP = Bootstrap(samples=2000, confidence=0.95, seed=7)


def test_the_value_is_the_plain_mean_and_lies_inside():
    values = np.random.default_rng(0).normal(3, 1, 60)
    interval = BOOTSTRAP.mean(values, np.repeat(np.arange(20), 3))
    assert interval.value == pytest.approx(values.mean())
    assert interval.low < interval.value < interval.high


def test_independent_patients_give_the_textbook_width():
    values = np.random.default_rng(1).normal(0, 1, 400)
    interval = BOOTSTRAP.mean(values, np.arange(400))
    standard_error = values.std() / 20
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * standard_error, rel=0.1)


def test_images_of_one_patient_are_not_independent():
    per_patient = np.random.default_rng(2).normal(0, 1, 30)
    values, patients = np.repeat(per_patient, 10), np.repeat(np.arange(30), 10)
    grouped, single = BOOTSTRAP.mean(values, patients), BOOTSTRAP.mean(values, np.arange(300))
    assert (grouped.high - grouped.low) > 2.5 * (single.high - single.low)


def test_one_patient_leaves_no_spread():
    interval = BOOTSTRAP.mean(np.array([1.0, 2.0]), np.array(["p", "p"]))
    assert (interval.low, interval.value, interval.high) == (1.5, 1.5, 1.5)


def test_images_without_a_value_are_left_out():
    with_gap = BOOTSTRAP.mean(np.array([1.0, np.nan, 3.0]), np.array(["a", "a", "b"]))
    assert with_gap.value == 2
    nothing = BOOTSTRAP.mean(np.array([np.nan]), np.array(["a"]))
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()
    assert np.isnan(BOOTSTRAP.mean(np.array([]), np.array([])).value)


def test_same_seed_same_interval():
    values, patients = np.random.default_rng(4).normal(size=12), np.repeat(np.arange(6), 2)
    assert BOOTSTRAP.mean(values, patients) == BOOTSTRAP.mean(values, patients)
    other = Bootstrap(2000, 0.95, seed=8)
    assert other.mean(values, patients) != BOOTSTRAP.mean(values, patients)


def test_any_statistic_of_sums_agrees_with_a_loop():
    rng = np.random.default_rng(3)
    truth, predicted = rng.integers(0, 4, 40), rng.integers(0, 4, 40)
    patients = np.arange(40) // 4
    flat = confusion(truth, predicted, 4).reshape(40, 16)

    def kappa(sums: np.ndarray) -> np.ndarray:
        return quadratic_kappa(sums.reshape(*sums.shape[:-1], 4, 4))

    interval = BOOTSTRAP.interval(flat, patients, kappa)
    looped = []
    for draw in BOOTSTRAP._draws(10):
        rows = np.repeat(np.arange(40), draw[patients].astype(int))
        looped.append(quadratic_kappa(confusion(truth[rows], predicted[rows], 4).sum(0)))
    assert interval.value == pytest.approx(quadratic_kappa(flat.sum(0).reshape(4, 4)))
    assert [interval.low, interval.high] == pytest.approx(np.quantile(looped, [0.025, 0.975]))


def test_relative_error_against_a_baseline():
    interval = BOOTSTRAP.ratio(np.array([1.0, 2.0]), np.array([2.0, 4.0]), np.array(["a", "b"]))
    assert (interval.low, interval.value, interval.high) == (0.5, 0.5, 0.5)


def test_draws_are_resampled_like_patients():
    """Three random networks: as far apart as the interval must at least reach."""
    values = np.tile([0.1, 0.5, 0.9], (40, 1))
    interval = BOOTSTRAP.mean_over_draws(values, np.arange(40))
    assert interval.value == pytest.approx(0.5)
    assert (interval.low, interval.high) == pytest.approx((0.1, 0.9))
    single = np.random.default_rng(3).random(40)
    patients = np.arange(40) // 2
    alone = BOOTSTRAP.mean_over_draws(single[:, None], patients)
    assert alone.numbers() == BOOTSTRAP.mean(single, patients).numbers()


def test_resampled_draws_never_reach_beyond_the_draws():
    """However far the next network may be: that is why there must be a fewest."""
    interval = BOOTSTRAP.mean_over_draws(np.tile([0.45, 0.46, 0.49], (40, 1)), np.arange(40))
    assert (interval.low, interval.high) == pytest.approx((0.45, 0.49))


@pytest.mark.parametrize(("confidence", "fewest"), [(0.95, 6), (0.9, 5), (0.99, 8)])
def test_fewer_patients_or_draws_of_one_mind_could_be_chance(confidence, fewest):
    bootstrap = Bootstrap(10, confidence, 0)
    assert bootstrap.fewest_patients == bootstrap.fewest_draws == fewest
    assert 2 * 0.5**fewest <= 1 - confidence < 2 * 0.5 ** (fewest - 1)
