"""One row per test image, one row per true fragment: all that the report says follows from these.

A mask is where the network's probability reaches its threshold. The ratio is measured four ways
(direct, hard mask, soft mask, fused); `reported` is the one that counts as the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm import tqdm

from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, Arrays
from ivfgrade.evaluation.fragments import FragmentScore, score_fragments
from ivfgrade.evaluation.metrics import (
    boundary_f1,
    dice,
    false_alarm,
    hard_ratio,
    interval_error,
    iou,
)
from ivfgrade.evaluation.params import EvaluateParams
from ivfgrade.fragmentation.calibration import EMBRYO_THRESHOLD, Calibration
from ivfgrade.fragmentation.scoring import Predictions
from ivfgrade.grading import GradingScheme

RATIOS = ("direct", "hard", "soft", "fused")
FROM_MANIFEST = ["image", "patient", "split", "site", "stage", "supervision", "ratio_source"]
MASK_SCORES = ("dice", "iou", "boundary_f1", "false_alarm", "embryo_dice", "all_embryo_dice")
FRAGMENT_COUNTS = ("fragments", "median_fragment_px")
FRAGMENT_COLUMNS = ("image", "patient", "diameter_px", "covered", "dice")


def masked(logits: np.ndarray, threshold_logit: float) -> np.ndarray:
    """Logits are kept as float16; compared in that type, the threshold itself would be rounded."""
    return logits.astype(np.float32) >= threshold_logit


@dataclass(frozen=True)
class Grader:
    """How raw outputs become masks, ratios and a grade."""

    calibration: Calibration
    scheme: GradingScheme
    reported: str  # direct or fused
    params: EvaluateParams

    def masks(self, found: Predictions, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Fragment and embryo, S S each."""
        fragment = masked(found.fragment_logit[row], self.calibration.mask_logit)
        return fragment, found.embryo[row] >= EMBRYO_THRESHOLD


def score_images(arrays: Arrays, found: Predictions, grader: Grader) -> pd.DataFrame:
    """Ratios and grades of every image, outlines of the paired ones, in the order of `found`."""
    manifest = arrays.manifest.iloc[found.indices].reset_index(drop=True)
    rows = tqdm(range(len(manifest)), desc="score", unit="image")
    scores = pd.DataFrame([_score(arrays, found, row, grader) for row in rows])
    table = manifest[FROM_MANIFEST].assign(ratio=manifest["ratio"].astype(float), **scores)
    return _add_grades(_add_ratios(table, arrays, found, grader), manifest["grade"], grader.scheme)


def fragment_scores(arrays: Arrays, found: Predictions, grader: Grader) -> pd.DataFrame:
    """Every true fragment of the paired images."""
    rows = []
    for row, index in enumerate(found.indices):
        about = arrays.manifest.iloc[index]
        if about["supervision"] == "paired" and found.outlined:
            pieces = _pieces(arrays, found, row, grader)
            rows += [(about["image"], about["patient"], *vars(piece).values()) for piece in pieces]
    return pd.DataFrame(rows, columns=list(FRAGMENT_COLUMNS))


def _pieces(arrays: Arrays, found: Predictions, row: int, grader: Grader) -> list[FragmentScore]:
    index = found.indices[row]
    truth = arrays.masks[index][..., FRAGMENT] > 0
    return score_fragments(grader.masks(found, row)[0], truth, arrays.valid(index))


def _score(arrays: Arrays, found: Predictions, row: int, grader: Grader) -> dict[str, float]:
    if not found.outlined:
        return dict.fromkeys(("hard", *MASK_SCORES, *FRAGMENT_COUNTS), np.nan)
    index = found.indices[row]
    valid = arrays.valid(index)
    fragment, embryo = grader.masks(found, row)
    hard = {"hard": hard_ratio(fragment, embryo, valid)}
    if arrays.manifest["supervision"].iloc[index] != "paired":
        return {**hard, **dict.fromkeys((*MASK_SCORES, *FRAGMENT_COUNTS), np.nan)}
    masks = arrays.masks[index] > 0  # S S 2
    truth, true_embryo = masks[..., FRAGMENT], masks[..., EMBRYO]
    given = arrays.manifest["embryo_source"].iloc[index] == "given"
    diameters = [piece.diameter_px for piece in score_fragments(fragment, truth, valid)]
    return {
        **hard,
        "dice": dice(fragment, truth, valid),
        "iou": iou(fragment, truth, valid),
        "boundary_f1": boundary_f1(fragment, truth, valid, grader.params.boundary_tolerance_px),
        "false_alarm": false_alarm(fragment, truth, valid),
        "embryo_dice": dice(embryo, true_embryo, valid) if given else np.nan,
        "all_embryo_dice": dice(true_embryo, truth, valid),
        "fragments": float(len(diameters)),
        "median_fragment_px": float(np.median(diameters)) if diameters else np.nan,
    }


def _add_ratios(
    table: pd.DataFrame, arrays: Arrays, found: Predictions, grader: Grader
) -> pd.DataFrame:
    """All ratios, their absolute errors, and the signed error of the reported one."""
    direct = found.direct.astype(float)
    soft = grader.calibration.soft(found, arrays) if found.outlined else found.soft
    fused = grader.calibration.fuse(direct, soft)  # NaN without a mask
    table = table.assign(direct=direct, soft=soft, soft_uncalibrated=found.soft, fused=fused)
    table = table.assign(reported=table[grader.reported])
    names = (*RATIOS, "soft_uncalibrated", "reported")
    errors = {f"error_{name}": (table[name] - table["ratio"]).abs() for name in names}
    return table.assign(**errors, bias=table["reported"] - table["ratio"])


def _add_grades(table: pd.DataFrame, given: pd.Series, scheme: GradingScheme) -> pd.DataFrame:
    """`grade` is that of the true ratio, `clinical_grade` the one that a person gave."""
    grades = [scheme.grade(ratio) if ratio == ratio else "" for ratio in table["ratio"]]
    bounds = [scheme.interval(grade) if grade else (np.nan, np.nan) for grade in given]
    low, high = np.array(bounds).reshape(-1, 2).T
    return table.assign(
        grade=grades,
        clinical_grade=given.to_numpy(),
        predicted_grade=[scheme.grade(ratio) for ratio in table["reported"]],
        interval_error=interval_error(table["reported"].to_numpy(), low, high),
    )
