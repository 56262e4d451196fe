"""Conformal intervals: the quantile by hand, and coverage where it can be known."""

import numpy as np
import pytest

from ivfgrade.bundle.interval import (
    LEAST_SCALE,
    IntervalRule,
    assured_quantile,
    constant_width,
    features,
    fit_interval,
    fit_scale,
    patient_quantile,
)


def test_one_image_per_patient_is_split_conformal():
    """The ceil((n + 1) * confidence)-th smallest score."""
    scores, patients = np.random.default_rng(0).permutation(19.0 + np.arange(1, 20)), np.arange(19)
    assert patient_quantile(scores, patients, 0.9) == np.sort(scores)[17]  # ceil(20 * 0.9) = 18


def test_patients_count_and_not_their_images():
    """One patient with a thousand small errors is one patient."""
    scores = np.concatenate([np.zeros(1000), np.arange(1.0, 20.0)])
    patients = np.concatenate([np.zeros(1000), np.arange(1, 20)])
    # 20 patients, 21 places: of 18.9 places one is the thousand's
    assert patient_quantile(scores, patients, 0.9) == 18.0


@pytest.mark.parametrize(("count", "finite"), [(8, False), (9, True)])
def test_too_few_patients_promise_nothing(count, finite):
    found = patient_quantile(np.arange(float(count)), np.arange(count), 0.9)
    assert np.isfinite(found) == finite


def test_the_scale_is_found_where_it_is_linear_and_never_narrows_with_doubt():
    rng = np.random.default_rng(1)
    of_scale = features(rng.uniform(0, 1, 500), rng.uniform(0, 1, 500), rng.uniform(0, 1, 500))
    truth = np.array([0.02, 0.3, 0.1])
    assert fit_scale(of_scale, of_scale @ truth) == pytest.approx(truth, abs=1e-9)
    falling = of_scale @ np.array([0.5, -0.3, 0.0])
    assert fit_scale(of_scale, falling).min() >= 0
    assert fit_scale(of_scale, np.zeros(500))[0] == LEAST_SCALE


def embryos(rng: np.random.Generator, patients: int, each: int) -> dict[str, np.ndarray]:
    """Errors grow with what head and mask disagree by, and a patient's share part of them."""
    owner = np.repeat(np.arange(patients), each)
    direct, soft = rng.uniform(0, 0.6, (2, patients * each))
    doubt = rng.uniform(0, 0.3, patients * each)
    noise = 0.7 * rng.standard_normal(patients)[owner] + 0.7 * rng.standard_normal(len(owner))
    error = np.abs((0.02 + 0.2 * np.abs(direct - soft)) * noise)
    return {"error": error, "of_scale": features(direct, soft, doubt), "patients": owner}


def test_nine_of_ten_calibrations_cover_the_stated_share_of_new_patients_images():
    """Each scatters; the plain quantile would fall short in half of them."""
    rng, covered, plain = np.random.default_rng(2), [], []
    for _ in range(60):
        made = embryos(rng, 60, 4)
        rule = fit_interval(**made, confidence=0.9)
        fresh = embryos(rng, 300, 4)
        ratio = fresh["error"] / (fresh["of_scale"] @ np.asarray(rule.scale))
        covered.append(float((ratio <= rule.quantile).mean()))
        scores = made["error"] / (made["of_scale"] @ np.asarray(rule.scale))
        plain.append(float((ratio <= patient_quantile(scores, made["patients"], 0.9)).mean()))
    assert np.mean(np.array(covered) >= 0.9) == pytest.approx(0.9, abs=0.08)
    assert np.mean(np.array(plain) >= 0.9) < 0.75
    assert np.mean(covered) < 0.95


def test_the_assured_quantile_comes_to_the_plain_one_with_many_patients():
    gaps = []
    for count in (50, 5000):
        scores = np.linspace(0, 1, count)
        assured = assured_quantile(scores, np.arange(count), 0.9)
        gaps.append(assured - patient_quantile(scores, np.arange(count), 0.9))
    assert gaps[0] > 0.015
    assert 0 <= gaps[1] < 0.01


def test_a_scale_that_follows_the_error_makes_the_typical_interval_narrower():
    made = embryos(np.random.default_rng(3), 100, 4)
    rule = fit_interval(**made, confidence=0.9)
    flat = fit_interval(made["error"], made["of_scale"] * [1, 0, 0], made["patients"], 0.9)
    assert np.median(_half(rule, made)) < 0.95 * np.median(_half(flat, made))


def _half(rule: IntervalRule, made: dict[str, np.ndarray]) -> np.ndarray:
    return rule.quantile * (made["of_scale"] @ np.asarray(rule.scale))


def test_a_constant_needs_an_interval_round_its_median_that_ends_at_0_and_1():
    truth, patients = np.linspace(0, 0.4, 2001), np.arange(2001)
    assert constant_width(truth, patients, 0.9) == pytest.approx(0.36, abs=0.01)
    low = np.concatenate([np.zeros(1500), np.linspace(0, 1, 501)])  # its median is 0
    assert constant_width(low, patients, 0.9) == pytest.approx(0.6, abs=0.05)


def test_doubt_widens_by_its_power():
    rule = IntervalRule(0.9, 2.0, (0.01, 0.0, 1.0), 100, 30)
    zero, doubt = np.zeros(2), np.array([0.04, 0.16])
    assert rule.half_width(zero, zero, doubt) == pytest.approx(
        [2 * (0.01 + 0.008), 2 * (0.01 + 0.064)]
    )


def test_the_interval_stays_among_ratios_and_around_the_answer():
    rule = IntervalRule(0.9, 2.0, (0.05, 0.5, 0.0), 100, 30)
    ratio = np.array([0.02, 0.5, 0.99])
    low, high = rule.interval(ratio, ratio, ratio + 0.1, np.zeros(3))
    assert low == pytest.approx([0, 0.3, 0.79])
    assert high == pytest.approx([0.22, 0.7, 1])
