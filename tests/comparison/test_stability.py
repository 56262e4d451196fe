from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.stability import (
    between_seeds,
    flips,
    kendall_w,
    spread_difference,
    stability,
)
from ivfgrade.comparison.trials import Trial
from tests.comparison.made import BOOTSTRAP, a_trial, row, study, trials, truth


def test_one_seed_has_no_stability():
    assert between_seeds(trials((2,), folds=2), "C", BOOTSTRAP) is None
    assert between_seeds(trials((2, 3)), "nowhere", BOOTSTRAP) is None


def test_equal_seeds_agree_fully():
    table = row(truth(), 1)
    same = [a_trial(seed, None, {"C": table}) for seed in (1, 2, 3)]
    numbers = between_seeds(same, "C", BOOTSTRAP)
    assert numbers is not None
    assert numbers["training_seeds"] == 3
    assert numbers["ratio_sd"]["value"] == 0
    assert numbers["grade_flip_rate"]["value"] == 0
    assert numbers["kendall_w"] == 1


def test_two_seeds_a_tenth_apart():
    table = row(truth(), 1)
    moved = table.assign(reported=table["reported"] + 0.1, predicted_grade="D")
    made = [a_trial(1, None, {"C": table}), a_trial(2, None, {"C": moved})]
    numbers = between_seeds(made, "C", BOOTSTRAP)
    assert numbers is not None
    assert numbers["ratio_sd"]["value"] == pytest.approx(0.1 / np.sqrt(2), abs=1e-6)
    assert numbers["kendall_w"] == 1  # the order is the same
    flipped = (table["predicted_grade"] != "D").mean()
    assert numbers["grade_flip_rate"]["value"] == pytest.approx(flipped, abs=1e-6)


def test_images_that_a_seed_lacks_are_left_out():
    made = [*trials((2,), folds=2), trials((3,), folds=2)[0]]
    numbers = between_seeds(made, "C", BOOTSTRAP)
    assert numbers is not None
    assert numbers["images"] == len(truth())


def test_flips_count_pairs_of_seeds():
    grades = np.array([["A", "A", "A"], ["A", "A", "B"], ["A", "B", "C"]])
    assert flips(grades) == pytest.approx([0, 2 / 3, 1])


def test_kendall_w_of_textbook_rankings():
    assert kendall_w(np.array([[1, 3], [2, 2], [3, 1]])) == pytest.approx(0)
    # three judges of six: rank sums 8 14 11 11 11 8, about 10.5
    ranks = np.array([[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1]]).T
    assert kendall_w(ranks) == pytest.approx(25.5 * 12 / (9 * (216 - 6)), rel=1e-6)


def test_kendall_w_with_ties_is_the_mean_rank_correlation():
    """(K W - 1) / (K - 1) is the mean Spearman correlation of the pairs, also without ties."""
    from scipy.stats import spearmanr

    ratios = np.random.default_rng(0).random((30, 4))
    rho = spearmanr(ratios).statistic
    mean = (rho.sum() - 4) / 12
    assert (4 * kendall_w(ratios) - 1) / 3 == pytest.approx(mean)
    tied = np.array([[1, 1], [1, 1], [2, 2], [3, 3]])
    assert kendall_w(tied) == pytest.approx(1)
    assert np.isnan(kendall_w(np.ones((4, 2))))


def test_every_row_is_listed():
    rows = stability(study())["rows"]
    assert list(rows) == ["Baseline", "A", "A_longer", "B1", "B2", "C", "D", "E", "F"]
    assert rows["C"]["images"] == 48
    assert stability(study(trials()))["rows"]["C"] is None


def redrawn(rng: np.random.Generator, spread: float, seeds: int = 6) -> list[pd.DataFrame]:
    """A row per training; another training answers all images higher or lower by the same."""
    known = row(truth(), 1)
    moves = spread * rng.normal(size=seeds)
    noise = rng.normal(0, 0.01, (seeds, len(known)))
    return [
        known.assign(reported=known["reported"] + move + each)
        for move, each in zip(moves, noise, strict=True)
    ]


def test_equally_stable_rows_are_seldom_told_apart():
    """The interval over these trainings' patients alone would nearly always miss 0."""
    missed = 0
    for attempt in range(40):
        rng = np.random.default_rng(attempt)
        rows = zip(redrawn(rng, 0.05), redrawn(rng, 0.05), strict=True)
        made = [a_trial(seed, None, {"C": c, "D": d}) for seed, (c, d) in enumerate(rows)]
        found = spread_difference(made, "D", "C", BOOTSTRAP)
        assert isinstance(found, Finding)
        missed += not found.interval.low < 0 < found.interval.high
    assert missed <= 6


def test_the_interval_knows_trainings_and_patients():
    """As the textbook's jackknife has it, one sample at a time."""
    rng = np.random.default_rng(0)
    tables = zip(redrawn(rng, 0.0), redrawn(rng, 0.1), strict=True)
    made = [a_trial(seed, None, {"C": c, "D": d}) for seed, (c, d) in enumerate(tables)]
    found = spread_difference(made, "D", "C", BOOTSTRAP)
    assert isinstance(found, Finding)

    def gap(trials: list[Trial], without: str = "") -> float:
        ratios = {
            name: np.array(
                [
                    one.rows[name].loc[one.rows[name]["patient"] != without, "reported"]
                    for one in trials
                ]
            )
            for name in "CD"
        }
        return float((ratios["D"].std(0, ddof=1) - ratios["C"].std(0, ddof=1)).mean())

    seeds = [gap([*made[:k], *made[k + 1 :]]) for k in range(6)]
    patients = [gap(made, patient) for patient in sorted(set(truth()["patient"]))]
    variance = sum((len(one) - 1) * np.var(one) for one in (seeds, patients))
    half = student.ppf(0.975, 5) * np.sqrt(variance)
    assert found.interval.value == pytest.approx(gap(made))
    assert found.interval.high - found.interval.value == pytest.approx(half)
    assert found.basis.patients == len(patients) == 8


def test_patients_are_a_sample_too():
    few = [replace(one, rows={name: table[:15] for name, table in one.rows.items()})
           for one in trials(tuple(range(6)))]  # fmt: skip
    found = spread_difference(few, "D", "C", BOOTSTRAP)
    assert isinstance(found, Missing)
    assert found.reason == "patients with a value: 5, too few for an interval"
    assert np.isfinite(found.value)


def test_the_described_levels_say_over_what_their_interval_is():
    assert "of these trainings, not of others" in stability(study())["intervals"]
