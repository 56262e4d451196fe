"""The answers of every row against the true ratio: one small scatter plot each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ivfgrade.evaluation import style
from ivfgrade.grading import GradingScheme
from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.rows import Row

WIDE, SIDE = 6, 1.95  # plots per line, inches
DARK_GREY = "#666666"  # also of small letters
READINGS = {  # the paper's reading of a network below ours
    "direct": ("direct, as in the paper", DARK_GREY),
    "reported": ("reported, ours", style.BLUE),
}


def ratio_figure(rows: Sequence[Row], scheme: GradingScheme, path: Path) -> None:
    high = -(-len(rows) // WIDE)
    wide = min(WIDE, len(rows))
    top = _top(rows)
    with style.figure(path, SIDE * wide + 0.5, (SIDE + 0.1) * high + 0.6, "constrained") as canvas:
        axes = canvas.subplots(high, wide, squeeze=False, sharex=True, sharey=True)
        for ax in axes.flat[len(rows) :]:
            ax.set_axis_off()
        for ax, row in zip(axes.flat, rows, strict=False):
            _scatter(ax, row, scheme, top)
        canvas.supxlabel("true ratio (dotted: grade borders)", fontsize=10)
        canvas.supylabel("answered ratio", fontsize=10)
        dots = [
            Line2D([], [], color=colour, label=label, marker="o", ms=4, ls="none")
            for label, colour in READINGS.values()
        ]
        canvas.legend(handles=dots, loc="outside upper left", ncols=2, fontsize=9)


def _top(rows: Sequence[Row]) -> float:
    drawn = [row.images[["ratio", *_readings(row)]].to_numpy(float) for row in rows]
    return max([0.1, *(1.05 * float(values[values == values].max(initial=0)) for values in drawn)])


def _scatter(ax: Axes, row: Row, scheme: GradingScheme, top: float) -> None:
    known = row.images[row.images["ratio"].notna()]
    ax.plot([0, top], [0, top], color=style.GREY, lw=0.9, zorder=0)
    for border in scheme.borders[1:-1]:
        ax.axhline(border, color=style.GREY, lw=0.5, ls=":", zorder=0)
        ax.axvline(border, color=style.GREY, lw=0.5, ls=":", zorder=0)
    for line, name in enumerate(_readings(row)):
        colour, error = READINGS[name][1], (known[name] - known["ratio"]).abs().mean()
        ax.scatter(known["ratio"], known[name], s=9, color=colour, alpha=0.65, lw=0)
        at: Any = {"transform": ax.transAxes, "va": "top", "fontsize": 8}
        ax.text(0.03, 0.98 - 0.13 * line, f"MAE {error:.3f}", color=colour, **at)
    ax.set(xlim=(0, top), ylim=(0, top), aspect="equal")
    ax.set_title(told(row.name), fontsize=9)


def _readings(row: Row) -> list[str]:
    """A row without a head reports what its mask says, a pure regression what its head says."""
    answers = row.images.reindex(columns=list(READINGS))
    if answers["direct"].isna().all():
        return ["reported"]
    return ["direct"] if answers["direct"].equals(answers["reported"]) else list(READINGS)
