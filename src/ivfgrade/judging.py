"""One row of the table of experiments, judged: numbers, per-image table, outlines in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade import row_files
from ivfgrade.atomic import read_json, write_arrays, write_json, write_text
from ivfgrade.dataset.arrays import SUMMARY, Arrays
from ivfgrade.evaluation import figures
from ivfgrade.evaluation.attention import gate_maps
from ivfgrade.evaluation.per_image import score_images
from ivfgrade.evaluation.report import metrics
from ivfgrade.evaluation.summary import Summary
from ivfgrade.evaluation.trial import Folders, Setting, Trial, hold_trial
from ivfgrade.fragmentation.calibration import IDENTITY, Calibration, calibrate
from ivfgrade.fragmentation.regression import PureRegression
from ivfgrade.fragmentation.scoring import predict
from ivfgrade.fragmentation.stored import Network
from ivfgrade.training.checkpoints import HISTORY, load_spec


def judge(data: Path, model: Path, setting: Setting) -> Trial:
    """Every row is read by the same rule: threshold by validation, ratio by calibration."""

    def read_by(network: Network, arrays: Arrays) -> Calibration:
        if isinstance(network, PureRegression):
            return IDENTITY
        return calibrate(network, arrays, setting.mask_threshold, setting.compute)

    return hold_trial(Folders(data, model, trained_on=data, phase_1=None), setting, read_by)


def write_row(trial: Trial, data_name: str, facts: dict[str, Any], out: Path) -> dict[str, Any]:
    """Fill `out`; `facts` say which row this is, and of which trial. Returns metrics.json."""
    setting, model = trial.setting, trial.folders.model
    summary = Summary(trial.images, setting.scheme, setting.params, setting.seed)
    numbers = metrics(trial, summary, data_name)
    write_json(out / "metrics.json", numbers)
    prepared = read_json(trial.folders.data / SUMMARY)
    of_data = {name: prepared[name] for name in ("data_digest", "fold")}
    write_json(out / row_files.SETTINGS, {**facts, **of_data, **load_spec(model)})
    write_text(out / row_files.SCORES, _csv(trial.images))
    write_text(out / row_files.VALIDATION, _csv(validation_scores(trial)))
    write_text(out / row_files.HISTORY, (model / HISTORY).read_text())
    if trial.found.outlined:
        write_arrays(out / row_files.OUTLINES, **outlines(trial))
    scheme, images = setting.scheme, trial.images
    figures.bland_altman(images, scheme, data_name, out / "bland_altman.png")
    counts = summary.confusion("grade")
    figures.confusion_matrix(counts, "true ratio", data_name, out / "confusion_matrix.png")
    return numbers


def validation_scores(trial: Trial) -> pd.DataFrame:
    """The same numbers of the validation patients, by which alone a tried step may join row F. The
    mask's threshold is theirs, in every row alike."""
    images = trial.arrays.indices("val", ("paired", "ratio"))
    found = predict(trial.model, trial.arrays, images, trial.setting.compute)
    return score_images(trial.arrays, found, trial.grader)


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, float_format="%.6g")


def outlines(trial: Trial) -> dict[str, np.ndarray]:
    """The fragment masks as bits, and what the gate lets through: enough to draw any image."""
    rows = range(len(trial.found.indices))
    masks = np.array([trial.grader.masks(trial.found, row)[0].ravel() for row in rows])  # N S*S
    drawn = {
        "images": trial.images["image"].to_numpy(str),
        "fragment": np.packbits(masks, axis=1),
        "size": np.array(trial.arrays.size),
    }
    alpha = gate_maps(trial.model, trial.arrays, trial.found.indices, trial.setting.compute)
    return (
        drawn if alpha is None else {**drawn, "attention": np.round(255 * alpha).astype(np.uint8)}
    )
