"""Out-of-fold predictions of a row in one table, one line per image.

The folds' test images are disjoint and stand below each other. Over training seeds the scores of
an image are averaged, not its predictions: those together would be an ensemble, another model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ivfgrade.comparison.tables import ERRORS, HEAT, TRUTH
from ivfgrade.comparison.trials import Score, Trial
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme

SCORES = ("dice", *ERRORS, "boundary_f1", "false_alarm", HEAT)
OF_TRUTH = ("error_constant", "error_grade_oracle", "all_embryo_dice")  # no network in these


def pooled(trials: Sequence[Trial], row: str, scheme: GradingScheme) -> pd.DataFrame:
    """Truths, mean scores, `seeds`, and per grade the share of seeds that predict it."""
    parts = [trial.rows[row] for trial in trials if row in trial.rows]
    every = pd.concat(parts, ignore_index=True)
    _require_grades(every, row, scheme)
    given = [name for name in SCORES if name in every]
    shares = {share(name): (every["predicted_grade"] == name) * 1.0 for name in scheme.names}
    groups = every.assign(seeds=1, **shares).groupby("image", sort=True)
    return pd.concat(
        [groups[list(TRUTH)].first(), groups[[*given, *shares]].mean(), groups["seeds"].sum()],
        axis=1,
    ).reset_index()


def share(grade: str) -> str:
    return f"share_{grade}"


def scores_of(trials: Sequence[Trial], score: Score) -> pd.DataFrame:
    """Image -> patient, ratio, and the mean of one score over the training seeds."""
    every = pd.concat([trial.rows[score.row] for trial in trials], ignore_index=True)
    groups = every.groupby("image", sort=True)
    truth = groups[["patient", "ratio"]].first()
    return truth.assign(value=groups[score.column].mean())


def asked(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The images that enter the resampling, as in the report of one row: for an error those
    with a true ratio, else all."""
    return table[table["ratio"].notna()] if column.startswith("error_") else table


def known(trials: Sequence[Trial]) -> pd.DataFrame:
    """What needs no network, per image: truths and the answers of the trivial predictors."""
    parts = []
    for trial in trials:
        tables = list(trial.rows.values())
        columns = {name: _first_with(tables, name) for name in OF_TRUTH}
        parts.append(tables[0][["image", *TRUTH]].assign(**columns))
    groups = pd.concat(parts, ignore_index=True).groupby("image", sort=True)
    table = pd.concat([groups[list(TRUTH)].first(), groups[list(OF_TRUTH)].mean()], axis=1)
    return table.reset_index()


def _first_with(tables: Sequence[pd.DataFrame], column: str) -> np.ndarray:
    for table in tables:
        if column in table and table[column].notna().any():
            return table[column].to_numpy(float)
    return np.full(len(tables[0]), np.nan)


def _require_grades(table: pd.DataFrame, row: str, scheme: GradingScheme) -> None:
    for column in ("grade", "predicted_grade"):
        strange = set(table[column]) - {*scheme.names, ""}
        if strange:
            raise InputError(
                f"row {row} has the {column} {min(strange)}, which scheme {scheme.id} lacks"
            )
