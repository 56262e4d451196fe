"""Which images the printed grids show: chosen by rule, so that nobody can pick the flattering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ivfgrade.htmlreport.gallery import disagreement, preferred
from ivfgrade.htmlreport.rows import Row

SPREAD_OVER, EACH = 6, 6  # images per grid


@dataclass(frozen=True)
class Grid:
    title: str
    rule: str
    row: str  # whose outlines and numbers are shown
    images: list[str]


def spread_over_ratios(images: pd.DataFrame, count: int = SPREAD_OVER) -> list[str]:
    """Paired images with fragments, from the least to the most fragmented, evenly spaced."""
    paired = images[(images["supervision"] == "paired") & (images["ratio"] > 0)]
    order = paired.sort_values(["ratio", "image"])["image"].tolist()
    steps = np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int)
    return [order[step] for step in steps]


def failures(rows: Sequence[Row], count: int = EACH) -> list[Grid]:
    """The worst of the row that the page begins with, and where the rows contradict each other."""
    name = preferred(rows)
    table = next(row for row in rows if row.name == name).images.set_index("image")
    wrong = (table["grade"] != "") & (table["grade"] != table["predicted_grade"])
    alarms = table["false_alarm"] if "false_alarm" in table else pd.Series(dtype=float)
    largest = _largest(table["error_reported"], count)
    grids = [
        Grid("Lowest Dice", "the least overlap with the true outline", name,
             _largest(-table["dice"], count)),
        Grid("Largest error of the ratio", "reported against true ratio", name, largest),
        Grid("Wrong grade", "the largest errors among wrong grades, after those above", name,
             _largest(table["error_reported"].where(wrong).drop(largest), count)),
        Grid("False alarms", "images without fragments, by the area outlined nevertheless", name,
             _largest(alarms.where(alarms > 0), count)),
        Grid("Rows apart", "the largest spread of reported ratios between rows", name,
             _largest(disagreement(rows), count) if len(rows) > 1 else []),
    ]  # fmt: skip
    return [grid for grid in grids if grid.images]


def _largest(values: pd.Series, count: int) -> list[str]:
    """Names in falling order; ties by name."""
    known = values.dropna().sort_index()
    return known.sort_values(ascending=False, kind="stable").index[:count].tolist()
