"""Evidence that is no score of an image: gradient cosines of the histories, texture figures.

A claim names such a measure by a key of `KEYS`. Gradient cosines come as one number per training
seed, the mean over epochs, layers and folds, with a Student interval over the seeds: the epochs of
one training are not independent, and neither are folds, which share most of their images. Texture
measures come with their intervals from the texture stage, one per trial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from ivfgrade.comparison.findings import Finding, Missing, basis_of
from ivfgrade.comparison.trials import Trial
from ivfgrade.cosines import PREFIX, measured_layers
from ivfgrade.errors import InputError
from ivfgrade.evaluation.bootstrap import Bootstrap, Interval

KEYS = {
    "glcm_auc_a_d": "AUC of grade A against D from GLCM features, best classifier tried",
    "lbp_auc_d": "AUC of D against the rest from the LBP + MLP prediction",
    "lbp_auc_abc": "AUC of the pair among A, B and C that is told apart best, same prediction",
    "conflict_C": "gradient cosine in C",
    "conflict_E": "gradient cosine in E",
    "conflict_C_minus_E": "gradient cosine, C - E",
}
DIFFERENCES = {"conflict_C_minus_E": ("C", "E")}  # the rows; others are levels
TEXTURE = ("glcm_auc_a_d", "lbp_auc_d", "lbp_auc_abc")
NEEDED = ("value", "low", "high", "images", "patients", "by", "grades")
Measured = Mapping[str, Finding | Missing]


def measure(trials: Sequence[Trial], bootstrap: Bootstrap) -> dict[str, Finding | Missing]:
    joint, plain = (_cosines(trials, row) for row in ("C", "E"))
    gaps = {trial: joint[trial] - plain[trial] for trial in joint if trial in plain}
    confidence, fewest = bootstrap.confidence, bootstrap.fewest_patients
    textures = {key: _texture(trials, key, fewest) for key in TEXTURE}
    return textures | {
        "conflict_C": _over_seeds(trials, joint, "C", confidence),
        "conflict_E": _over_seeds(trials, plain, "E", confidence),
        "conflict_C_minus_E": _over_seeds(trials, gaps, "C and E", confidence),
    }


def mean_cosine(history: pd.DataFrame) -> float:
    """Over all layers and epochs; NaN without a measured epoch."""
    columns = [f"{PREFIX}{layer}" for layer in measured_layers(history)]
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


def _over_seeds(
    trials: Sequence[Trial], values: Mapping[int, float], rows: str, confidence: float
) -> Finding | Missing:
    if not values:
        return Missing(f"no gradient cosine was logged for {rows}")
    by_seed = _seed_means([trials[index] for index in values], list(values.values()))
    cosines = np.array(list(by_seed.values()))
    if len(cosines) < 2:
        return Missing(f"one training seed of {rows} gives no interval", float(cosines[0]))
    spread = cosines.std(ddof=1) / np.sqrt(len(cosines))
    half = float(student.ppf((1 + confidence) / 2, len(cosines) - 1) * spread)
    middle = float(cosines.mean())
    basis = basis_of([trials[index] for index in values], None, None)
    return Finding(Interval(middle, middle - half, middle + half), basis, by_seed)


def _seed_means(trials: Sequence[Trial], values: Sequence[float]) -> dict[int, float]:
    """Training seed -> mean over its folds."""
    table = pd.DataFrame({"seed": [trial.training_seed for trial in trials], "value": values})
    means = table.groupby("seed")["value"].mean()
    return {int(str(seed)): float(mean) for seed, mean in means.items()}


def _texture(trials: Sequence[Trial], key: str, fewest_patients: int) -> Finding | Missing:
    """Over several trials the mean, from the lowest lower to the highest upper bound: the trials
    share images and patients, so that no narrower interval follows from theirs."""
    handed_in = {
        index: _complete(trial, key)
        for index, trial in enumerate(trials)
        if key in trial.texture.get("measured", {})
    }
    if not handed_in:
        return Missing("it was not measured")
    known = {index: entry for index, entry in handed_in.items() if entry["value"] is not None}
    if not known:
        return Missing("the texture stage could not measure it")
    held, entries = [trials[index] for index in known], list(known.values())
    values, lows, highs = ([entry[name] for entry in entries] for name in ("value", "low", "high"))
    middle = float(np.mean(values))
    few = [
        f"{name} in {trial.name}: {count}"
        for trial, entry in zip(held, entries, strict=True)
        for name, count in _patients(entry).items()
        if count < fewest_patients
    ]
    if few:
        return Missing(f"patients of {', '.join(few)}, too few for an interval", middle)
    alone = entries[0] if len(entries) == 1 else {"images": None, "patients": None}
    basis = basis_of(held, alone["images"], alone["patients"])
    interval = Interval(middle, min(lows), max(highs))
    return Finding(interval, basis, _seed_means(held, values), _note(held, entries))


def _patients(entry: Mapping[str, Any]) -> Mapping[str, int]:
    """Of each class that is compared; an older file knows of all together only."""
    return entry.get("patients_by_class", {"all classes": entry["patients"]})


def _complete(trial: Trial, key: str) -> Mapping[str, Any]:
    entry = trial.texture["measured"][key]
    absent = [name for name in NEEDED if name not in entry]
    if absent:
        raise InputError(f"the texture measure {key} of {trial.name} lacks {', '.join(absent)}")
    return entry


def _note(trials: Sequence[Trial], entries: Sequence[Mapping[str, Any]]) -> str:
    """By what, and on how many images of each grade; trial by trial if there are several."""
    behind = [
        f"{entry['by']}; images: "
        + ", ".join(f"{count} of {grade}" for grade, count in entry["grades"].items())
        for entry in entries
    ]
    if len(trials) == 1:
        return behind[0]
    return "; ".join(
        f"{trial.name}: {entry['value']:.3f} ({text})"
        for trial, entry, text in zip(trials, entries, behind, strict=True)
    )
