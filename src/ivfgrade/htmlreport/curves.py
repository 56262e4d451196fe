"""How the rows learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ivfgrade.evaluation import style
from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.rows import Row


@dataclass(frozen=True)
class Curve:
    column: str  # of the history
    label: str
    colour: str
    dash: str = "-"
    is_relative: bool = False  # to the first epoch


CURVES = (
    Curve("val_dice", "Dice, validation", style.BLUE),
    Curve("val_mae", "MAE of the ratio, validation", style.VERMILION),
    Curve("train_loss", "training loss / that of the first epoch", style.GREY, ":", True),
)
WIDE, SIDE = 6, 1.95  # plots per line, inches


def learning_rows(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if any(_has(row.history, one.column) for one in CURVES)]


def learning_curves(rows: Sequence[Row], path: Path) -> None:
    """One small plot per row: a dozen lines in one plot would hide each other."""
    wide = min(WIDE, len(rows))
    high = -(-len(rows) // wide)
    top = max(1.0, *(1.02 * _highest(row.history) for row in rows))
    with style.figure(path, SIDE * wide + 0.3, SIDE * high + 0.7, "constrained") as canvas:
        axes = canvas.subplots(high, wide, squeeze=False, sharey=True)
        for ax in axes.flat[len(rows) :]:
            ax.set_axis_off()
        for ax, row in zip(axes.flat, rows, strict=False):
            for curve in CURVES:
                if _has(row.history, curve.column):
                    _line(ax, row.history, curve)
            ax.set(ylim=(0, top))
            ax.set_title(told(row.name), fontsize=9)
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        canvas.supxlabel("epoch", fontsize=10)
        named = {
            label: line for ax in axes.flat for line, label in _entries(ax)
        }  # of all plots: a row may lack a curve
        lines, names = named.values(), named.keys()
        canvas.legend(lines, names, loc="outside upper left", ncols=3, fontsize=9)


def _highest(history: pd.DataFrame) -> float:
    """Of all curves of a row: a loss may rise above its first value."""
    drawn = [_values(history, curve) for curve in CURVES if _has(history, curve.column)]
    return max((float(values.max()) for values in drawn if len(values)), default=0.0)


def _line(ax: Axes, history: pd.DataFrame, curve: Curve) -> None:
    known = history[history[curve.column].notna()]
    values = _values(history, curve)
    epochs = known["epoch"].to_numpy(float) + 1
    alone = "o" if len(known) == 1 else None  # one epoch makes no line
    look: Any = {"color": curve.colour, "ls": curve.dash, "lw": 1.4, "marker": alone, "ms": 4}
    ax.plot(epochs, values, label=curve.label, **look)


def _values(history: pd.DataFrame, curve: Curve) -> np.ndarray:
    values = history[curve.column].dropna().to_numpy(float)
    return values / abs(values[0]) if curve.is_relative and len(values) and values[0] else values


def _entries(ax: Axes) -> list[tuple[Artist, str]]:
    handles, labels = ax.get_legend_handles_labels()
    return list(zip(handles, labels, strict=True))


def _has(history: pd.DataFrame, column: str) -> bool:
    known = column in history and "epoch" in history
    return known and bool(np.isfinite(history[column].to_numpy(float)).any())
