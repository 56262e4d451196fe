"""Table 1: every row's Dice, errors and grades with intervals, beside what the paper prints."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade.comparison.findings import basis_of
from ivfgrade.comparison.pooled import asked, known, pooled, share
from ivfgrade.comparison.resampled import interval_of_mean, with_floor
from ivfgrade.comparison.rows import Row, described
from ivfgrade.comparison.study import Study
from ivfgrade.evaluation import agreement
from ivfgrade.evaluation.baselines import HUMAN_AGREEMENT
from ivfgrade.evaluation.bootstrap import Statistic

COLUMNS = {
    "dice": "dice",
    "mae_direct": "error_direct",
    "mae_hard": "error_hard",
    "mae_soft": "error_soft",
    "mae_fused": "error_fused",
    "mae_reported": "error_reported",
}
GRADING: dict[str, Statistic] = {
    "grade_accuracy": agreement.accuracy,
    "kappa_quadratic": agreement.quadratic_kappa,
}
MEASURES = (*COLUMNS, *GRADING)
NOTES = (
    "dice: mean over the paired images whose truth holds a fragment",
    "mae: mean absolute error of the ratio against the true one, over the images that have one; "
    "direct: the regression head, hard and soft: area of the mask, soft after calibration, fused: "
    "direct and soft together, reported: the one that the row answers with and is graded by",
    "over training seeds the scores of an image are averaged, over folds the images are pooled",
    "intervals: percentiles over resamples of the test patients, each with all its images; none "
    "where patients are too few for one",
)
Numbers = dict[str, Any]


def table_1(study: Study) -> Numbers:
    return {
        **study.facts(),
        "rows": [_row(study, row) for row in described(study.rows)],
        "trivial": _trivial(study),
        "human_agreement": HUMAN_AGREEMENT,
        "notes": list(NOTES),
    }


def flat_table(numbers: Numbers) -> pd.DataFrame:
    """One line per row, for a spreadsheet; trivial predictors below."""
    lines = [_flat(line) for line in [*numbers["rows"], *numbers["trivial"]]]
    ends = [f"{measure}{end}" for measure in MEASURES for end in ("", "_low", "_high")]
    counts = ["images", "patients", "training_seeds", "folds"]
    head = ["row", "what", "paper_dice", "paper_mae_direct"]
    table = pd.DataFrame(lines, columns=[*head, *ends, *counts])
    return table.astype(dict.fromkeys(counts, "Int64"))


def _row(study: Study, row: Row) -> Numbers:
    table = pooled(study.trials, row.name, study.scheme)
    held = [trial for trial in study.trials if row.name in trial.rows]
    means = {name: _mean(study, table, column) for name, column in COLUMNS.items()}
    return {
        "row": row.name,
        "what": row.what,
        "paper": {"dice": row.printed_dice, "mae_direct": row.printed_mae},
        **means,
        **{name: _graded(study, table, question) for name, question in GRADING.items()},
        **basis_of(held, len(table), int(table["patient"].nunique())).numbers(),
        "trials": len(held),
    }


def _trivial(study: Study) -> list[Numbers]:
    """What one gets without looking at the image, as lines of the same table."""
    table = known(study.trials)
    best = (table["ratio"] - table["ratio"].median()).abs()
    table = table.assign(error_hindsight=best)
    lines = (
        ("best constant", "the training images' median ratio", "mae_direct", "error_constant"),
        ("best constant in hindsight", "these test images' own median", "mae_direct",
         "error_hindsight"),
        ("grade oracle", "knows the true grade, answers its training median", "mae_direct",
         "error_grade_oracle"),
        ("everything is fragment", "outlines the whole embryo", "dice", "all_embryo_dice"),
    )  # fmt: skip
    return [
        {"row": name, "what": what, measure: _mean(study, table, column)}
        for name, what, measure, column in lines
    ]


def _mean(study: Study, table: pd.DataFrame, column: str) -> Numbers:
    part = asked(table, column)
    values = part[column].to_numpy(float)
    images = int(np.isfinite(values).sum())
    found = interval_of_mean(values, part["patient"].to_numpy(), study.bootstrap)
    return {**found.numbers(), "images": images}


def _graded(study: Study, table: pd.DataFrame, question: Statistic) -> Numbers:
    """From the confusion matrix of true and predicted grade, each training seed with its share."""
    graded = table[table["ratio"].notna()]
    names = list(study.scheme.names)
    truth = graded["grade"].map({name: index for index, name in enumerate(names)}).to_numpy(int)
    predicted = graded[[share(name) for name in names]].to_numpy(float)  # N K
    matrices = np.eye(len(names))[truth][:, :, None] * predicted[:, None, :]  # N K K
    statistic = partial(_of_flat, question=question, grades=len(names))
    flat = matrices.reshape(len(graded), -1)
    patients = graded["patient"].to_numpy()
    found = with_floor(
        patients, study.bootstrap, lambda: study.bootstrap.interval(flat, patients, statistic)
    )
    return {**found.numbers(), "images": len(graded)}


def _of_flat(sums: np.ndarray, question: Statistic, grades: int) -> np.ndarray:
    return question(sums.reshape(*sums.shape[:-1], grades, grades))


def _flat(line: Numbers) -> Numbers:
    printed = line.get("paper", {})
    flat: Numbers = {
        "paper_dice": printed.get("dice"),
        "paper_mae_direct": printed.get("mae_direct"),
    }
    for name in MEASURES:
        if name in line:
            cell = line[name]
            flat |= {name: cell["value"], f"{name}_low": cell["low"], f"{name}_high": cell["high"]}
    for name in ("row", "what", "images", "patients"):
        flat[name] = line.get(name)
    for name in ("training_seeds", "folds"):
        flat[name] = len(line[name]) if name in line else None
    return flat
