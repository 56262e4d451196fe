"""How much the answer of a row depends on the seed of its training: other weights, same images.

How much the answers of these very trainings differ is described with an interval over patients.
Whether one row differs less than another is asked of trainings to come, so that their seeds are a
sample, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from scipy.stats import t as student

from ivfgrade.comparison.findings import Finding, Missing, basis_of
from ivfgrade.comparison.resampled import interval_of_mean
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Trial
from ivfgrade.evaluation.bootstrap import Bootstrap, Interval, as_number

INTERVALS = "percentiles over resamples of the patients: of these trainings, not of others"


def stability(study: Study) -> dict[str, Any]:
    between = {row: between_seeds(study.trials, row, study.bootstrap) for row in study.rows}
    return {**study.facts(), "intervals": INTERVALS, "rows": between}


def between_seeds(trials: Sequence[Trial], row: str, bootstrap: Bootstrap) -> dict[str, Any] | None:
    """Of the reported ratio and grade, with intervals over patients alone: a description of these
    trainings. None with fewer than two training seeds."""
    ratios, grades, patients = _by_seed(trials, row)
    if ratios.shape[1] < 2 or len(ratios) == 0:
        return None
    return {
        "training_seeds": ratios.shape[1],
        "images": len(ratios),
        "patients": len(set(patients)),
        "ratio_sd": interval_of_mean(ratios.std(1, ddof=1), patients, bootstrap).numbers(),
        "grade_flip_rate": interval_of_mean(flips(grades), patients, bootstrap).numbers(),
        "kendall_w": as_number(kendall_w(ratios)),
    }


def spread_difference(
    trials: Sequence[Trial], first: str, second: str, bootstrap: Bootstrap
) -> Finding | Missing:
    """Between-seed SD of the reported ratio, row `first` less row `second`, on the same images and
    from the trials that hold both."""
    for row in (first, second):
        if not any(row in trial.rows for trial in trials):
            return Missing(f"row {row} was not run")
    both = [trial for trial in trials if first in trial.rows and second in trial.rows]
    (ours, _, patients), (theirs, _, _) = (_by_seed(both, row) for row in (first, second))
    if ours.shape[1] < 2 or len(ours) == 0:
        return Missing(f"fewer than two training seeds of {first} and {second} share an image")
    counts = {"training seeds": ours.shape[1], "patients with a value": len(set(patients))}
    value = _mean_gap(ours, theirs)
    for what, count in counts.items():
        # as few trainings as patients may be of one mind by chance
        if count < bootstrap.fewest_patients:
            return Missing(f"{what}: {count}, too few for an interval", value)
    half = _half_width(ours, theirs, patients, bootstrap.confidence)
    interval = Interval(value, value - half, value + half)
    return Finding(interval, basis_of(both, len(ours), counts["patients with a value"]))


def _mean_gap(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Mean over images of the difference of two SDs between seeds; both N K."""
    return float((ours.std(1, ddof=1) - theirs.std(1, ddof=1)).mean())


def _half_width(
    ours: np.ndarray, theirs: np.ndarray, patients: np.ndarray, confidence: float
) -> float:
    """Of a Student interval, whose variance is that between seeds and that between patients, each
    by its jackknife. Seeds are not redrawn: one that is drawn twice would bring an SD of 0."""
    seeds = range(ours.shape[1])
    fewer_seeds = [_mean_gap(np.delete(ours, k, 1), np.delete(theirs, k, 1)) for k in seeds]
    others = [patients != patient for patient in np.unique(patients)]
    fewer_patients = [_mean_gap(ours[kept], theirs[kept]) for kept in others]
    variance = _jackknifed(fewer_seeds) + _jackknifed(fewer_patients)
    # of the fewer of both: the wider interval
    quantile = student.ppf((1 + confidence) / 2, min(len(seeds), len(others)) - 1)
    return float(quantile * np.sqrt(variance))


def _jackknifed(left_out: Sequence[float]) -> float:
    """Variance of a statistic, from its values when one of the sample is left out at a time."""
    return float((len(left_out) - 1) * np.var(left_out))


def flips(grades: np.ndarray) -> np.ndarray:
    """Per image the share of pairs of seeds that grade it differently; `grades` is N K."""
    pairs = combinations(range(grades.shape[1]), 2)
    return np.mean([grades[:, one] != grades[:, other] for one, other in pairs], axis=0)


def kendall_w(ratios: np.ndarray) -> float:
    """Agreement of K seeds on the order of N images, 0 to 1, corrected for ties; N K."""
    images, seeds = ratios.shape
    ranks = rankdata(ratios, axis=0)
    spread = ((ranks.sum(1) - seeds * (images + 1) / 2) ** 2).sum()
    counts = [np.unique(column, return_counts=True)[1] for column in ranks.T]
    ties = sum(float((count**3 - count).sum()) for count in counts)
    most = seeds**2 * (images**3 - images) - seeds * ties
    return 12 * spread / most if most > 0 else float("nan")


def _by_seed(trials: Sequence[Trial], row: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reported ratio N K, predicted grade N K, patient N, of the images that all seeds judged."""
    held = [trial for trial in trials if row in trial.rows]
    parts = [trial.rows[row].assign(training_seed=trial.training_seed) for trial in held]
    if not parts:
        return np.zeros((0, 0)), np.zeros((0, 0)), np.zeros(0)
    every = pd.concat(parts, ignore_index=True)
    answers = every.pivot(
        index="image", columns="training_seed", values=["reported", "predicted_grade"]
    ).dropna()
    patients = every.drop_duplicates("image").set_index("image")["patient"]
    ratios = answers["reported"].to_numpy(float)
    grades = answers["predicted_grade"].to_numpy(str)
    return ratios, grades, patients.loc[answers.index].to_numpy(str)
