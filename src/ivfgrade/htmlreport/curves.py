"""How the rows learnt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ivfgrade.evaluation import style
from ivfgrade.htmlreport.rows import Row

LOGGED = {
    "val_dice": ("Dice, validation", style.BLUE, "-"),
    "val_mae": ("MAE of the ratio, validation", style.VERMILION, "-"),
    "train_loss": ("training loss / that of the first epoch", style.GREY, ":"),
}
WIDE, SIDE = 6, 1.95  # plots per line, inches


def learning_rows(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if any(_has(row.history, name) for name in LOGGED)]


def learning_curves(rows: Sequence[Row], path: Path) -> None:
    """One small plot per row: a dozen lines in one plot would hide each other."""
    wide = min(WIDE, len(rows))
    high = -(-len(rows) // wide)
    with style.figure(path, SIDE * wide + 0.3, SIDE * high + 0.7, "constrained") as canvas:
        axes = canvas.subplots(high, wide, squeeze=False, sharey=True)
        for ax in axes.flat[len(rows) :]:
            ax.set_axis_off()
        for ax, row in zip(axes.flat, rows, strict=False):
            for name, look in LOGGED.items():
                if _has(row.history, name):
                    _line(ax, row.history, name, *look, relative=name == "train_loss")
            ax.set(ylim=(0, 1))
            ax.set_title(row.name, fontsize=9)
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        canvas.supxlabel("epoch", fontsize=10)
        named = {
            label: line for ax in axes.flat for line, label in _entries(ax)
        }  # of all plots: a row may lack a curve
        lines, names = named.values(), named.keys()
        canvas.legend(lines, names, loc="outside upper left", ncols=3, fontsize=9)


def _line(
    ax: Axes,
    history: pd.DataFrame,
    column: str,
    label: str,
    colour: str,
    dash: str,
    relative: bool = False,
) -> None:
    known = history[history[column].notna()]
    values = known[column].to_numpy(float)
    if relative and len(values) and values[0]:
        values = values / abs(values[0])
    epochs = known["epoch"].to_numpy(float) + 1
    alone = "o" if len(known) == 1 else None  # one epoch makes no line
    ax.plot(epochs, values, color=colour, ls=dash, lw=1.4, label=label, marker=alone, ms=4)


def _entries(ax: Axes) -> list[tuple[Artist, str]]:
    handles, labels = ax.get_legend_handles_labels()
    return list(zip(handles, labels, strict=True))


def _has(history: pd.DataFrame, column: str) -> bool:
    known = column in history and "epoch" in history
    return known and bool(np.isfinite(history[column].to_numpy(float)).any())
