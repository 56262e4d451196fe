"""How much the answer of a row depends on the seed of its training: other weights, same images."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ivfgrade.comparison.findings import Finding, Missing, basis_of
from ivfgrade.comparison.resampled import interval_of_mean
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Trial
from ivfgrade.evaluation.bootstrap import Bootstrap, as_number


def stability(study: Study) -> dict[str, Any]:
    between = {row: between_seeds(study.trials, row, study.bootstrap) for row in study.rows}
    return {**study.facts(), "rows": between}


def between_seeds(trials: Sequence[Trial], row: str, bootstrap: Bootstrap) -> dict[str, Any] | None:
    """Of the reported ratio and grade; None with fewer than two training seeds."""
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
    gaps = ours.std(1, ddof=1) - theirs.std(1, ddof=1)
    interval = interval_of_mean(gaps, patients, bootstrap)
    count = len(set(patients))
    if np.isnan(interval.low):
        return Missing(f"patients with a value: {count}, too few to resample", interval.value)
    return Finding(interval, basis_of(both, len(gaps), count))


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
