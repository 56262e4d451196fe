"""The difference of two scores' means on the same images, with a patient bootstrap.

Pairing takes out what makes an image hard for every model, which is most of the spread. The
interval is about other patients; that another training would differ too is shown by the
difference per training seed and is not in the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ivfgrade.comparison.findings import Finding, Missing, basis_of
from ivfgrade.comparison.pooled import asked, scores_of
from ivfgrade.comparison.resampled import interval_of_mean, with_floor
from ivfgrade.comparison.trials import Score, Trial
from ivfgrade.evaluation.bootstrap import Bootstrap


def difference(
    trials: Sequence[Trial], first: Score, second: Score, bootstrap: Bootstrap
) -> Finding | Missing:
    """Mean of `first` minus mean of `second`, over the trials that hold both."""
    both = _holding(trials, first, second)
    if isinstance(both, Missing):
        return both
    table = _differences(both, first, second)
    found = _resampled(both, table, bootstrap)
    if isinstance(found, Missing):
        return found
    return replace(found, by_seed=_by_seed(both, first, second))


def _holding(trials: Sequence[Trial], first: Score, second: Score) -> list[Trial] | Missing:
    """The trials that hold both, or why there is none."""
    both = [trial for trial in trials if trial.has(first) and trial.has(second)]
    return both or Missing(_why_missing(trials, first, second))


def bias_difference(
    trials: Sequence[Trial], first: Score, second: Score, bootstrap: Bootstrap
) -> Finding | Missing:
    """How much farther from 0 the mean of `first` is than that of `second`, both signed errors."""
    both = _holding(trials, first, second)
    if isinstance(both, Missing):
        return both
    signed = [scores_of(both, score) for score in (first, second)]
    known = signed[0]["value"].notna() & signed[1]["value"].notna()
    ours, theirs = (table[known] for table in signed)
    summands = np.column_stack([ours["value"], theirs["value"], np.ones(len(ours))])
    patients = ours["patient"].to_numpy(str)
    interval = with_floor(
        patients, bootstrap, lambda: bootstrap.interval(summands, patients, _farther_from_0)
    )
    count = len(set(patients))
    if np.isnan(interval.low):
        return Missing(_too_few(count), interval.value)
    by_seed = {
        seed: _of_means(_of_seed(both, seed), first, second)
        for seed in sorted({trial.training_seed for trial in both})
    }
    return Finding(interval, basis_of(both, len(ours), count), by_seed)


def _farther_from_0(sums: np.ndarray) -> np.ndarray:
    """Sums of both signed errors and the number of images, ... 3."""
    means = np.abs(sums[..., :2]) / np.maximum(sums[..., 2:], 1.0)
    return means[..., 0] - means[..., 1]


def _of_means(trials: Sequence[Trial], first: Score, second: Score) -> float:
    ours, theirs = (abs(scores_of(trials, score)["value"].mean()) for score in (first, second))
    return float(ours - theirs)


def mean(trials: Sequence[Trial], score: Score, bootstrap: Bootstrap) -> Finding | Missing:
    held = [trial for trial in trials if trial.has(score)]
    if not held:
        return Missing(_why_missing(trials, score, score))
    return _resampled(held, asked(scores_of(held, score), score.column), bootstrap)


def _resampled(
    trials: Sequence[Trial], table: pd.DataFrame, bootstrap: Bootstrap
) -> Finding | Missing:
    known = table[table["value"].notna()]
    patients = int(known["patient"].nunique())
    interval = interval_of_mean(
        table["value"].to_numpy(float), table["patient"].to_numpy(), bootstrap
    )
    if np.isnan(interval.low):
        return Missing(_too_few(patients), interval.value)
    return Finding(interval, basis_of(trials, len(known), patients))


def _too_few(patients: int) -> str:
    return f"patients with a value: {patients}, too few to resample"


def _differences(trials: Sequence[Trial], first: Score, second: Score) -> pd.DataFrame:
    ours, theirs = scores_of(trials, first), scores_of(trials, second)
    table = ours.assign(value=ours["value"] - theirs["value"])
    return asked(table, first.column)


def _by_seed(trials: Sequence[Trial], first: Score, second: Score) -> dict[int, float]:
    return {
        seed: float(_differences(_of_seed(trials, seed), first, second)["value"].mean())
        for seed in sorted({trial.training_seed for trial in trials})
    }


def _of_seed(trials: Sequence[Trial], seed: int) -> list[Trial]:
    return [trial for trial in trials if trial.training_seed == seed]


def _why_missing(trials: Sequence[Trial], first: Score, second: Score) -> str:
    for score in (first, second):
        if not any(score.row in trial.rows for trial in trials):
            return f"row {score.row} was not run"
        if not any(trial.has(score) for trial in trials):
            return f"row {score.row} has no {score.column}"
    return f"no trial holds both {first.row} and {second.row}"
