"""Are the numbers of a row's per-image table possible? A wrong cell is named, not averaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ivfgrade.comparison.tables import ERRORS
from ivfgrade.errors import InputError

SHARES = ("ratio", "dice", "boundary_f1", "false_alarm")  # from 0 to 1
ANSWERED = ("reported", "predicted_grade")  # for every image, by every row
ROUNDING = 1e-5  # tables are written with six digits


def require_sound(row: str, table: pd.DataFrame, path: Path) -> None:
    where = f"row {row} ({path})"
    for column in ANSWERED:
        _refuse(table, _empty(table[column]), column, where, "is empty for")
    numbers = table.select_dtypes("number")
    for name in numbers:
        _refuse(table, np.isinf(numbers[name]), str(name), where, "is infinite for")
    for column in (name for name in SHARES if name in table):
        outside = (table[column] < 0) | (table[column] > 1)
        _refuse(table, outside, column, where, "is not between 0 and 1 for")
    for column in ERRORS:
        _refuse(table, table[column] < 0, column, where, "is negative for")
        answer = column.removeprefix("error_")
        if answer in table:
            due = (table[answer] - table["ratio"]).abs()
            same = np.isclose(table[column], due, rtol=0, atol=ROUNDING, equal_nan=True)
            problem = f"is not the distance of {answer} from ratio for"
            _refuse(table, pd.Series(~same, table.index), column, where, problem)


def _empty(column: pd.Series) -> pd.Series:
    return column.isna() | (column == "")


def _refuse(table: pd.DataFrame, wrong: pd.Series, column: str, where: str, problem: str) -> None:
    if wrong.any():
        image = table["image"][wrong].iloc[0]
        raise InputError(f"{where}: {column} {problem} {image}")
