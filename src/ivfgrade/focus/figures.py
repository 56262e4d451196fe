"""Heat maps beside the outlines, and concentrations with their intervals. Neither needs the
network: both are drawn from what the stage of each row has written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, Arrays
from ivfgrade.dataset.letterbox import nearest
from ivfgrade.evaluation import style

TILE = 2.1  # inches
HEAT = "magma"
QUESTIONS = {
    "concentration": "fragments, of the image",
    "concentration_embryo": "embryo, of the image",
    "concentration_within": "fragments, of the embryo",
}


def panels(
    arrays: Arrays,
    indices: np.ndarray,
    lines: Mapping[str, np.ndarray],
    captions: Mapping[str, list[str]],
    title: str,
    path: Path,
) -> None:
    """A column per image; the image above, then a line per row or control: its map, each map on its
    own scale. `lines` holds N h w, `captions` N texts, for the images of `indices`."""
    high, wide = len(lines) + 1, len(indices)
    width, height = TILE * wide + 0.4, (TILE + 0.21) * high + 0.7
    with style.figure(path, width, height, "compressed") as canvas:
        axes = canvas.subplots(high, wide, squeeze=False)
        for column, index in enumerate(indices):
            ratio = arrays.manifest.iloc[index]["ratio"]
            known = "unknown" if ratio != ratio else f"{ratio:.0%}"
            outside = ~arrays.valid(index)[..., None].repeat(3, axis=2)
            axes[0, column].imshow(np.where(outside, 255, arrays.images[index]))
            _outline(axes[0, column], arrays, index)
            axes[0, column].set_title(f"true ratio {known}", fontsize=8.5)
            for ax, (name, maps) in zip(axes[1:, column], lines.items(), strict=True):
                _heat(ax, maps[column], arrays, index)
                ax.set_title(captions[name][column], fontsize=8.5)
        for ax, name in zip(axes[:, 0], ["image", *lines], strict=True):
            at: Any = {"transform": ax.transAxes, "rotation": 90, "ha": "right", "va": "center"}
            ax.text(-0.04, 0.5, name, fontsize=9.5, **at)
        _legend(canvas, title)


def _heat(ax: Axes, heat: np.ndarray, arrays: Arrays, index: int) -> None:
    """Black is no heat, the lightest colour is this map's largest heat on image content."""
    edge = arrays.size - 0.5
    inside = nearest(arrays.valid(index), *heat.shape)
    shown = np.ma.masked_where(~inside, heat)
    top = float(heat[inside].max()) or 1.0
    ax.imshow(shown, extent=(-0.5, edge, edge, -0.5), cmap=HEAT, vmin=0, vmax=top)
    _outline(ax, arrays, index)


def _outline(ax: Axes, arrays: Arrays, index: int) -> None:
    """True fragments and embryo."""
    masks, valid = arrays.masks[index] > 0, arrays.valid(index)
    for mask, colour in ((masks[..., EMBRYO], style.OUTLINE), (masks[..., FRAGMENT], style.TRUTH)):
        if mask[valid].any() and not mask[valid].all():
            lines = ax.contour((mask & valid).astype(float), [0.5], colors=[colour], linewidths=0.8)
            lines.set_path_effects([withStroke(linewidth=1.6, foreground=style.INK, alpha=0.8)])
    ax.set(xlim=(-0.5, arrays.size - 0.5), ylim=(arrays.size - 0.5, -0.5))
    ax.set_axis_off()


def _legend(canvas: Figure, title: str) -> None:
    halo = [withStroke(linewidth=3.4, foreground=style.INK, alpha=0.85)]
    contours = ((style.TRUTH, "true fragments"), (style.OUTLINE, "true embryo"))
    handles = [Line2D([], [], color=c, lw=2, label=what, path_effects=halo) for c, what in contours]
    canvas.legend(handles=handles, loc="outside lower right", ncols=2, fontsize=9)
    canvas.suptitle(title, x=0.01, ha="left", fontsize=11)


def dot_plot(rows: Mapping[str, Mapping[str, Any]], title: str, path: Path) -> None:
    """`rows` holds the numbers of one kind of map, as `summarise` gives them, by the row's name."""
    lines = 1 + max(len(numbers["control"]) for numbers in rows.values())
    with style.figure(path, 10.5, 1.6 + 0.26 * lines * len(rows), "constrained") as canvas:
        axes = canvas.subplots(1, len(QUESTIONS), sharey=True)
        for ax, (question, what) in zip(axes, QUESTIONS.items(), strict=True):
            for place, numbers in enumerate(rows.values()):
                _dots(ax, numbers, question, float(place))
            ax.axvline(1, color=style.GREY, lw=0.9, zorder=0)
            ax.set(title=what, xlabel="share of heat / share of area")
        axes[0].set_yticks(range(len(rows)), list(rows))
        axes[0].set_ylim(len(rows) - 0.5, -0.5)
        handles, labels = axes[0].get_legend_handles_labels()
        unique = dict(zip(labels, handles, strict=True))
        canvas.legend(
            unique.values(), unique.keys(), loc="outside lower center", ncols=4, fontsize=9
        )
        canvas.suptitle(title, x=0.01, ha="left", fontsize=11)


def _dots(ax: Axes, numbers: Mapping[str, Any], question: str, place: float) -> None:
    """The row, and its controls under it, the group centred on its place."""
    step = 0.6 / (len(numbers["control"]) + 1)
    place -= step * len(numbers["control"]) / 2
    _dot(ax, numbers[question], place, style.BLUE, "o", "trained")
    colours, markers = (style.GREY, style.ORANGE, style.GREEN, style.PURPLE), ("D", "s", "^", "v")
    for nth, (name, control) in enumerate(numbers["control"].items()):
        look = (colours[nth % len(colours)], markers[nth % len(markers)])
        label = f"randomised down to {name}"
        y = place + (nth + 1) * step
        _dot(ax, control[question], y, *look, label)
        single = [value for value in control["by_draw"][question] if value is not None]
        ax.plot(single, [y] * len(single), ls="none", marker="|", ms=7, color=look[0])


def _dot(
    ax: Axes, number: Mapping[str, Any], y: float, colour: str, marker: str, label: str
) -> None:
    value, low, high = number["value"], number["low"], number["high"]
    if value is None:
        return
    face = colour if label == "trained" else "white"
    if low is not None and high is not None:
        ax.plot([low, high], [y, y], color=colour, lw=1.6, zorder=1)
    look: Any = {"marker": marker, "color": colour, "mfc": face, "ls": "none", "ms": 6}
    ax.plot(value, y, label=label, zorder=2, **look)
