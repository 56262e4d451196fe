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
from matplotlib.patheffects import AbstractPathEffect, withStroke

from ivfgrade.dataset.arrays import FRAGMENT, Arrays
from ivfgrade.evaluation import style
from ivfgrade.evaluation.crop import around
from ivfgrade.evaluation.per_image import Grader
from ivfgrade.fragmentation.scoring import Predictions

TILE = 2.4  # inches


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
    """Rows of the best, median and worst outlines, the largest errors, and what has no mask."""
    rows = choose(images, gallery.images_per_row)
    wide, high = gallery.images_per_row, max(len(rows), 1)
    with style.figure(path, TILE * wide, (TILE + 0.35) * high + 0.4, "compressed") as canvas:
        axes = canvas.subplots(high, wide, squeeze=False)
        for ax in axes.flat:
            ax.set_axis_off()
        for line, (name, chosen) in zip(axes, rows.items(), strict=False):
            for ax, row in zip(line, chosen, strict=False):
                draw_image(ax, gallery, row)
                draw_contours(ax, gallery, row)
                ax.set_title(caption(images.iloc[row]), fontsize=8.5)
            at = {"transform": line[0].transAxes, "rotation": 90, "ha": "right", "va": "center"}
            line[0].text(-0.06, 0.5, name, fontsize=10, **at)
        legend(canvas, f"Outlines on {_count(images)} ({gallery.data_name})")


def choose(images: pd.DataFrame, count: int) -> dict[str, np.ndarray]:
    """Row title -> positions in the table. Ties keep the table's order; no Dice is shown twice."""
    dice = _falling(images["dice"])
    alarms = images["false_alarm"].where(images["false_alarm"] > 0)
    each = min(count, -(-len(dice) // 3))  # of a small set, a third is best
    middle = (len(dice) - each) // 2
    rows = {
        "best Dice": dice[:each],
        "median Dice": dice[each:-each][max(0, middle - each) :][:each],
        "worst Dice": dice[each:][::-1][:each],
        "largest ratio error": _falling(images["error_reported"])[:count],
        "false alarms": _falling(alarms)[:count],
        "grade alone": _spread(images["reported"].where(images["supervision"] == "weak"), count),
    }
    return {name: chosen for name, chosen in rows.items() if len(chosen)}


def _falling(values: pd.Series) -> np.ndarray:
    """Positions of the known values, the largest first."""
    known = values.reset_index(drop=True).dropna()
    return known.sort_values(ascending=False, kind="stable").index.to_numpy()


def _spread(values: pd.Series, count: int) -> np.ndarray:
    """Positions of known values from the smallest to the largest, evenly spaced."""
    rising = _falling(values)[::-1]
    return rising[np.linspace(0, len(rising) - 1, min(count, len(rising))).round().astype(int)]


def _count(images: pd.DataFrame) -> str:
    outlined, clean = (int(images[name].notna().sum()) for name in ("dice", "false_alarm"))
    alone = int((images["supervision"] == "weak").sum())
    return f"{outlined} test images with fragments, {clean} without, {alone} with a grade alone"


def draw_image(ax: Axes, gallery: Gallery, row: int) -> None:
    index = gallery.found.indices[row]
    ax.imshow(gallery.arrays.images[index])
    left, top, width, height = around(gallery.arrays.masks[index].any(-1))  # true, with fragments
    ax.set(xlim=(left - 0.5, left + width - 0.5), ylim=(top + height - 0.5, top - 0.5))
    ax.set_axis_off()


def draw_contours(ax: Axes, gallery: Gallery, row: int) -> None:
    """Inside the image only: nothing that is predicted on its padding counts."""
    fragment, embryo = gallery.grader.masks(gallery.found, row)
    index = gallery.found.indices[row]
    truth, valid = gallery.arrays.masks[index][..., FRAGMENT] > 0, gallery.arrays.valid(index)
    for mask, colour, width in (
        (embryo, style.OUTLINE, 0.7),
        (truth, style.TRUTH, 1.1),
        (fragment, style.MODEL, 1.1),
    ):
        if mask[valid].any() and not mask[valid].all():
            shown = np.ma.masked_where(~valid, mask.astype(float))
            lines = ax.contour(shown, levels=[0.5], colors=[colour], linewidths=width)
            lines.set_path_effects(_halo(width))


def _halo(width: float) -> list[AbstractPathEffect]:
    """A thin dark rim: the lines stay visible on bright images."""
    return [withStroke(linewidth=width + 1.0, foreground=style.INK, alpha=0.85)]


def caption(image: pd.Series) -> str:
    """What the outlines are worth, then the ratios."""
    if image["dice"] == image["dice"]:
        outline = f"Dice {image['dice']:.2f}"
    elif image["false_alarm"] == image["false_alarm"]:
        outline = f"no fragment, {image['false_alarm']:.1%} outlined"
    else:
        outline = "no true outline"
    return f"{outline}\n{ratios(image)}"


def ratios(image: pd.Series) -> str:
    known = image["ratio"] == image["ratio"]  # not so if a mask has no outline to be a share of
    truth = f"true {image['ratio']:.0%} {image['grade']}" if known else "true ratio unknown"
    if not known and image["clinical_grade"]:
        truth = f"by a person {image['clinical_grade']}"
    return f"{truth}, model {image['reported']:.0%} {image['predicted_grade']}"


def legend(canvas: Figure, title: str) -> None:
    lines = [
        Line2D([], [], color=colour, lw=2, label=label, path_effects=_halo(2.4))
        for colour, label in (
            (style.TRUTH, "true fragments"),
            (style.MODEL, "predicted fragments"),
            (style.OUTLINE, "predicted embryo"),
        )
    ]
    canvas.legend(handles=lines, loc="outside upper right", ncols=3, fontsize=9)
    canvas.suptitle(title, x=0.01, ha="left", fontsize=11)
