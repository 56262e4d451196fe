"""The answer of every row against the true ratio: one small scatter plot each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes

from ivfgrade.evaluation import style
from ivfgrade.grading import GradingScheme
from ivfgrade.htmlreport.rows import Row

WIDE, SIDE = 6, 1.95  # plots per line, inches


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
        canvas.supylabel("reported ratio", fontsize=10)


def _top(rows: Sequence[Row]) -> float:
    drawn = [row.images[["ratio", "reported"]].to_numpy(float) for row in rows]
    return max([0.1, *(1.05 * float(values[values == values].max(initial=0)) for values in drawn)])


def _scatter(ax: Axes, row: Row, scheme: GradingScheme, top: float) -> None:
    known = row.images[row.images["ratio"].notna()]
    ax.plot([0, top], [0, top], color=style.GREY, lw=0.9, zorder=0)
    for border in scheme.borders[1:-1]:
        ax.axhline(border, color=style.GREY, lw=0.5, ls=":", zorder=0)
        ax.axvline(border, color=style.GREY, lw=0.5, ls=":", zorder=0)
    ax.scatter(known["ratio"], known["reported"], s=9, color=style.BLUE, alpha=0.65, lw=0)
    ax.set(xlim=(0, top), ylim=(0, top), aspect="equal")
    ax.set_title(f"{row.name}, MAE {known['error_reported'].mean():.3f}", fontsize=9)
