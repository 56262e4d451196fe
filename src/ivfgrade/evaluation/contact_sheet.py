"""Test images with truth and prediction drawn on them: what the numbers look like.

Every image is cropped to its embryo, so that thin contours stay readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, Arrays
from ivfgrade.evaluation import style
from ivfgrade.evaluation.per_image import Grader
from ivfgrade.fragmentation.scoring import Predictions

TILE = 2.4  # inches
MARGIN = 0.08  # of the embryo's side, kept around it


@dataclass(frozen=True)
class Gallery:
    """What pictures of single images are drawn from."""

    arrays: Arrays
    found: Predictions
    grader: Grader
    data_name: str

    @property
    def images_per_row(self) -> int:
        return self.grader.params.images_per_row


def contact_sheet(gallery: Gallery, images: pd.DataFrame, path: Path) -> None:
    """Rows of the best, median and worst outlines, and of the largest ratio errors."""
    rows = choose(images, gallery.images_per_row)
    wide, high = max(map(len, rows.values()), default=1), max(len(rows), 1)
    with style.figure(path, TILE * wide, (TILE + 0.35) * high + 0.4, "compressed") as canvas:
        axes = canvas.subplots(high, wide, squeeze=False)
        for ax in axes.flat:
            ax.set_axis_off()
        for line, (name, chosen) in zip(axes, rows.items(), strict=False):
            for ax, row in zip(line, chosen, strict=False):
                draw_image(ax, gallery, row)
                draw_contours(ax, gallery, row)
                ax.set_title(_caption(images.iloc[row]), fontsize=8.5)
            line[0].text(
                -0.06,
                0.5,
                name,
                rotation=90,
                ha="right",
                va="center",
                transform=line[0].transAxes,
                fontsize=10,
            )
        total = int(images["dice"].notna().sum())
        legend(canvas, f"Outlines on {total} test images ({gallery.data_name})")


def choose(images: pd.DataFrame, count: int) -> dict[str, np.ndarray]:
    """Row title -> positions in the table. Ties keep the table's order."""
    by_dice = images["dice"].reset_index(drop=True).dropna().sort_values(kind="stable")
    order = by_dice.index.to_numpy()
    middle = max(0, (len(order) - count) // 2)
    error = images["error_reported"].reset_index(drop=True)[order].dropna()
    error = error.sort_values(kind="stable")
    rows = {
        "best Dice": order[::-1][:count],
        "median Dice": order[middle : middle + count][::-1],
        "worst Dice": order[:count],
        "largest ratio error": error.index.to_numpy()[::-1][:count],
    }
    return {name: chosen for name, chosen in rows.items() if len(chosen)}


def draw_image(ax: Axes, gallery: Gallery, row: int) -> None:
    index = gallery.found.indices[row]
    ax.imshow(gallery.arrays.images[index])
    top, bottom, left, right = _around_embryo(gallery.arrays, index)
    ax.set(xlim=(left - 0.5, right - 0.5), ylim=(bottom - 0.5, top - 0.5))
    ax.set_axis_off()


def draw_contours(ax: Axes, gallery: Gallery, row: int) -> None:
    fragment, embryo = gallery.grader.masks(gallery.found, row)
    truth = gallery.arrays.masks[gallery.found.indices[row]][..., FRAGMENT]
    for mask, colour, width in (
        (embryo, style.OUTLINE, 0.5),
        (truth, style.TRUTH, 1.1),
        (fragment, style.MODEL, 1.1),
    ):
        if mask.any() and not mask.all():
            ax.contour(mask.astype(float), levels=[0.5], colors=[colour], linewidths=width)


def _around_embryo(arrays: Arrays, index: int) -> tuple[int, int, int, int]:
    """A square that holds the true embryo and its fragments; the whole image without them."""
    inside = arrays.masks[index][..., EMBRYO] | arrays.masks[index][..., FRAGMENT]
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not len(rows):
        return 0, arrays.size, 0, arrays.size
    side = int((1 + 2 * MARGIN) * max(np.ptp(rows), np.ptp(columns))) + 4
    side = min(side, arrays.size)
    starts = [
        int(np.clip((where[0] + where[-1] - side) // 2, 0, arrays.size - side))
        for where in (rows, columns)
    ]
    return starts[0], starts[0] + side, starts[1], starts[1] + side


def _caption(image: pd.Series) -> str:
    truth = f"true {image['ratio']:.0%} {image['grade']}"
    model = f"model {image['reported']:.0%} {image['predicted_grade']}"
    return f"Dice {image['dice']:.2f}\n{truth}, {model}"


def legend(canvas: Figure, title: str) -> None:
    lines = [
        Line2D([], [], color=colour, lw=1.8, label=label)
        for colour, label in (
            (style.TRUTH, "true fragments"),
            (style.MODEL, "predicted fragments"),
            ("#BBBBBB", "predicted embryo"),
        )
    ]
    canvas.legend(handles=lines, loc="outside upper right", ncols=3, fontsize=9)
    canvas.suptitle(title, x=0.01, ha="left", fontsize=11)
