"""The model put to the test: its answers on the test images beside the truth.

No number of a model's answers is measured on the test split anywhere else. (Export runs some of its
images through two runtimes, to compare these with each other.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, Arrays, load_arrays
from ivfgrade.errors import InputError
from ivfgrade.evaluation.baselines import Baselines, add_baselines, fit_baselines
from ivfgrade.evaluation.calibration_error import Reliability, nothing, reliability
from ivfgrade.evaluation.params import EvaluateParams
from ivfgrade.evaluation.per_image import Grader, fragment_scores, score_images
from ivfgrade.fragmentation.calibration import Calibration, load_calibration
from ivfgrade.fragmentation.regression import PureRegression
from ivfgrade.fragmentation.scoring import Predictions, predict
from ivfgrade.fragmentation.stored import Network, load_network
from ivfgrade.grading import GradingScheme, load_scheme
from ivfgrade.params import Params
from ivfgrade.training.precision import Compute, resolve

Reader = Callable[[Network, Arrays], Calibration]
LABELLED = ("paired", "ratio", "weak")


@dataclass(frozen=True)
class Folders:
    data: Path
    model: Path
    trained_on: Path  # prepared data with the train split; `data` itself, unless it is a new folder
    phase_1: Path | None  # to see what phase 2 did; None where only the model itself is tried


@dataclass(frozen=True)
class Setting:
    """How answers are read and judged."""

    scheme: GradingScheme
    reported: str  # which ratio is the answer of a network that has both: direct or fused
    mask_threshold: float | None  # None: the one that suits validation
    params: EvaluateParams
    compute: Compute
    seed: int


def setting_of(params: Params) -> Setting:
    """As params.yaml has it."""
    return Setting(
        scheme=load_scheme(Path(params.data.grading)),
        reported=params.active_recipe.ratio,
        mask_threshold=params.active_recipe.mask_threshold,
        params=params.evaluate,
        compute=resolve(params.device, params.precision),
        seed=params.seed,
    )


@dataclass(frozen=True)
class Trial:
    folders: Folders
    setting: Setting
    arrays: Arrays
    model: Network
    grader: Grader
    found: Predictions  # in the order of the rows of `images`
    images: pd.DataFrame
    fragments: pd.DataFrame
    baselines: Baselines
    raw_pixels: Reliability  # of fragment probabilities inside the embryo, as trained
    calibrated_pixels: Reliability


def hold_trial(folders: Folders, setting: Setting, read_by: Reader | None = None) -> Trial:
    """`read_by` settles how the network is read; without it, as its folder says."""
    arrays = load_arrays(folders.data)
    indices = arrays.indices("test", LABELLED)
    if not len(indices):
        raise InputError(f"{folders.data} has no labelled image in its test split")
    model, _ = load_network(folders.model)
    calibration = read_by(model, arrays) if read_by else load_calibration(folders.model)
    grader = Grader(calibration, setting.scheme, answer(model, setting.reported), setting.params)
    found = predict(model, arrays, indices, setting.compute)
    baselines = fit_baselines(_train_ratios(load_arrays(folders.trained_on)), setting.scheme)
    raw_pixels, calibrated_pixels = _reliabilities(arrays, found, grader)
    return Trial(
        folders=folders,
        setting=setting,
        arrays=arrays,
        model=model,
        grader=grader,
        found=found,
        images=add_baselines(score_images(arrays, found, grader), baselines),
        fragments=fragment_scores(arrays, found, grader),
        baselines=baselines,
        raw_pixels=raw_pixels,
        calibrated_pixels=calibrated_pixels,
    )


def answer(model: Network, preferred: str) -> str:
    """Which ratio counts: the preferred one, or the only one that the network has."""
    if isinstance(model, PureRegression):
        return "direct"
    return preferred if model.head.regresses else "fused"


def _train_ratios(arrays: Arrays) -> np.ndarray:
    ratios = arrays.manifest["ratio"].to_numpy(float)[arrays.indices("train")]
    return ratios[np.isfinite(ratios)]


def _reliabilities(
    arrays: Arrays, found: Predictions, grader: Grader
) -> tuple[Reliability, Reliability]:
    """Over the pixels of the true embryo, where alone fragments can be."""
    bins = grader.params.reliability_bins
    raw = calibrated = nothing(bins)
    paired = set(arrays.indices("test", ("paired",))) if found.outlined else set()
    for logit, index in zip(found.fragment_logit, found.indices, strict=True):
        if index in paired:
            masks = arrays.masks[index] > 0
            inside, truth = masks[..., EMBRYO] & arrays.valid(index), masks[..., FRAGMENT]
            raw += reliability(expit(logit.astype(np.float32)), truth, inside, bins)
            probability = grader.calibration.probability(logit)
            calibrated += reliability(probability, truth, inside, bins)
    return raw, calibrated
