"""Rows are compared image by image, so they must hold the same images, truths and questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ivfgrade.comparison.poolable import require_poolable
from ivfgrade.comparison.tables import ERRORS, TRUTH
from ivfgrade.comparison.trials import Trial
from ivfgrade.errors import InputError

ROUNDING = 1e-5  # tables are written with six digits


def require_same_images(rows: Mapping[str, pd.DataFrame], files: Mapping[str, Path]) -> None:
    """Every row against the first one."""
    first = next(iter(rows))
    for row, table in rows.items():
        where = f"row {row} ({files[row]})"
        differing = set(table["image"]) ^ set(rows[first]["image"])
        if differing:
            raise InputError(
                f"{where} and row {first} hold different images, such as {min(differing)}; "
                f"run both on the same data"
            )
        for column in TRUTH:
            at = np.flatnonzero(~_equal(table[column], rows[first][column]))
            if len(at):
                image = table["image"].iloc[at[0]]
                raise InputError(f"{where} and row {first} differ in the {column} of {image}")
    for column in ("dice", "boundary_f1", "false_alarm", *ERRORS):
        _require_same_gaps(rows, files, column)


def _require_same_gaps(
    rows: Mapping[str, pd.DataFrame], files: Mapping[str, Path], column: str
) -> None:
    """A row scores all images of which the question arises, or none: a failed prediction must
    not drop out of a mean in silence."""
    asked = {
        row: table for row, table in rows.items() if column in table and table[column].notna().any()
    }
    arises = {image for table in asked.values() for image in _scored(table, column)}
    if column in ERRORS:
        arises |= {image for table in asked.values() for image in _scored(table, "ratio")}
    for row, table in asked.items():
        silent = arises - _scored(table, column)
        if silent:
            raise InputError(
                f"row {row} ({files[row]}) has no {column} for {min(silent)}, other images or "
                f"rows have one"
            )


def _scored(table: pd.DataFrame, column: str) -> set[str]:
    return set(table["image"][table[column].notna()])


def require_one_study(trials: Sequence[Trial]) -> None:
    """Trials that may be pooled, with disjoint test folds and one truth of every image."""
    require_poolable([trial.identity for trial in trials])
    seen: dict[tuple[int, str], str] = {}  # seed, image -> trial
    truths = []
    for trial in trials:
        table = next(iter(trial.rows.values()))
        for image in table["image"]:
            other = seen.setdefault((trial.training_seed, image), trial.name)
            if other != trial.name:
                raise InputError(f"image {image} is tested in {other} and in {trial.name}")
        truths.append(table[["image", *TRUTH]])
    _require_same_truths(pd.concat(truths, ignore_index=True))


def _require_same_truths(everything: pd.DataFrame) -> None:
    first = everything.drop_duplicates("image").set_index("image")
    for column in TRUTH:
        same = _equal(everything[column], everything["image"].map(first[column]))
        if not same.all():
            image = everything["image"].iloc[int(np.flatnonzero(~same)[0])]
            raise InputError(f"the trials differ in the {column} of image {image}")


def _equal(ours: pd.Series, theirs: pd.Series) -> np.ndarray:
    if ours.dtype == float:
        return np.isclose(ours, theirs.astype(float), rtol=0, atol=ROUNDING, equal_nan=True)
    return ours.to_numpy() == theirs.to_numpy()
