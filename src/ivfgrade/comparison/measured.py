"""Evidence that is no score of an image: gradient cosines of the histories, texture figures.

A claim names such a measure by a key of `KEYS`. Gradient cosines come as one number per training
(mean over epochs and layers) with a Student interval over the trainings, since the epochs of one
training are not independent. Texture measures come with their interval from the texture stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student

from ivfgrade.comparison.findings import Basis, Finding, Missing, basis_of
from ivfgrade.comparison.trials import Trial
from ivfgrade.errors import InputError
from ivfgrade.evaluation.bootstrap import Interval

KEYS = {
    "glcm_auc_a_d": "AUC of grade A against D from GLCM features",
    "lbp_auc_d": "AUC of D against the rest from the LBP + MLP prediction",
    "lbp_auc_abc": "AUC of the worse pair of neighbours among A, B and C, same prediction",
    "conflict_C": "gradient cosine in C",
    "conflict_E": "gradient cosine in E",
    "conflict_C_minus_E": "gradient cosine, C - E",
}
TEXTURE = ("glcm_auc_a_d", "lbp_auc_d", "lbp_auc_abc")
CONFLICT = "conflict_"  # <layer>: history columns, cosine of the two gradients in a layer
DETAILS = ("_mean", "_sd", "_negative", "_ratio")  # of single batches, and of the norms
Measured = Mapping[str, Finding | Missing]


def measure(trials: Sequence[Trial], confidence: float) -> dict[str, Finding | Missing]:
    joint, plain = (_cosines(trials, row) for row in ("C", "E"))
    gaps = {trial: joint[trial] - plain[trial] for trial in joint if trial in plain}
    textures = {key: _texture(trials, key) for key in TEXTURE}
    return textures | {
        "conflict_C": _over_trainings(trials, joint, "C", confidence),
        "conflict_E": _over_trainings(trials, plain, "E", confidence),
        "conflict_C_minus_E": _over_trainings(trials, gaps, "C and E", confidence),
    }


def mean_cosine(history: pd.DataFrame) -> float:
    """Over all layers and epochs; NaN without a measured epoch."""
    names = [str(name) for name in history if str(name).startswith(CONFLICT)]
    columns = [name for name in names if not name.endswith(DETAILS)]
    values = history[columns].to_numpy(float)
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _cosines(trials: Sequence[Trial], row: str) -> dict[int, float]:
    """Position of the trial -> its mean cosine."""
    found = {
        index: mean_cosine(trial.histories[row])
        for index, trial in enumerate(trials)
        if row in trial.histories
    }
    return {index: cosine for index, cosine in found.items() if np.isfinite(cosine)}


def _over_trainings(
    trials: Sequence[Trial], values: Mapping[int, float], rows: str, confidence: float
) -> Finding | Missing:
    if not values:
        return Missing(f"no gradient cosine was logged for {rows}")
    cosines = np.array(list(values.values()))
    basis = basis_of([trials[index] for index in values], None, None)
    if len(cosines) < 2:
        return Missing(f"one training of {rows} gives no interval", float(cosines[0]))
    spread = cosines.std(ddof=1) / np.sqrt(len(cosines))
    half = float(student.ppf((1 + confidence) / 2, len(cosines) - 1) * spread)
    middle = float(cosines.mean())
    return Finding(Interval(middle, middle - half, middle + half), basis)


def _texture(trials: Sequence[Trial], key: str) -> Finding | Missing:
    """The first trial that has it: texture does not depend on a training seed."""
    for trial in trials:
        entry = trial.texture.get("measured", {}).get(key)
        if entry is not None:
            return _handed_in(trial, key, entry)
    return Missing("it was not measured")


def _handed_in(trial: Trial, key: str, entry: Mapping[str, float | None]) -> Finding | Missing:
    needed = ("value", "low", "high", "images", "patients")
    absent = [name for name in needed if name not in entry]
    if absent:
        raise InputError(f"the texture measure {key} of {trial.name} lacks {', '.join(absent)}")
    numbers = [entry[name] for name in needed]
    if any(number is None for number in numbers):
        return Missing("the texture stage could not measure it")
    value, low, high, images, patients = (float(n) for n in numbers if n is not None)
    folds = () if trial.fold is None else (trial.fold,)
    basis = Basis((trial.training_seed,), folds, int(images), int(patients))
    return Finding(Interval(value, low, high), basis)
