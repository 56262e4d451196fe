"""Learning curves, agreement and calibration as pictures. Titles say what, on which images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator

from ivfgrade.evaluation import style
from ivfgrade.evaluation.calibration_error import Reliability
from ivfgrade.grading import GradingScheme

DICE = {"val_dice": "at probability 1/2", "val_tuned_dice": "at the best threshold"}
MAE = {"val_mae": "mae"}
RATIO_OF = ("soft area", "head")  # whose error a phase validates


def learning_curves(phase_1: pd.DataFrame, phase_2: pd.DataFrame, path: Path) -> None:
    """Training losses and validation metrics, per phase, as they were while it trained.

    What phase 1 stores gets fresh norm statistics and a finer stride afterwards, so that phase 2
    need not begin at the Dice with which phase 1 ends.
    """
    titles = ("Phase 1, segmenter, while training", "Phase 2, regression head and injection")
    with style.figure(path, 11, 8, "constrained") as canvas:
        axes = canvas.subplots(3, 2, squeeze=False)
        columns = zip(axes.T, titles, (phase_1, phase_2), RATIO_OF, strict=True)
        for column, title, history, ratio in columns:
            rows = (
                "training loss, terms unweighted",
                "validation Dice",
                f"validation MAE, {ratio}",
            )
            losses = [name for name in history.columns if name.startswith("train_")]
            labels = {name: name.removeprefix("train_") for name in losses}
            for ax, what, curves in zip(column, rows, (labels, DICE, MAE), strict=True):
                _curves(ax, history, curves)
                ax.set_ylabel(what)
                ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            column[0].set_title(title)
            column[-1].set_xlabel("epoch")


def _curves(ax: Axes, history: pd.DataFrame, labels: Mapping[str, str]) -> None:
    """The total loss in ink, everything else in colour."""
    colours = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILION, style.PURPLE, style.SKY)
    known = [name for name in labels if name in history.columns]
    for index, name in enumerate(known):
        colour, width = colours[index % len(colours)], 1.4
        if name == "train_loss":
            colour, width = style.INK, 2.2
        look: Any = {"marker": "o", "ms": 2.5, "lw": width, "color": colour}
        ax.plot(history["epoch"] + 1, history[name], label=labels[name], **look)
    if len(known) > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8.5)
    ax.set_ylim(bottom=0)


def bland_altman(images: pd.DataFrame, scheme: GradingScheme, data_name: str, path: Path) -> None:
    """Difference against mean of the reported and the true ratio."""
    known = images[images["ratio"].notna()]
    mean, gap = (known["reported"] + known["ratio"]) / 2, known["bias"]
    with style.figure(path, 8, 5.2, "constrained") as canvas:
        ax = canvas.subplots()
        ax.axhline(0, color=style.GREY, lw=0.8, zorder=0)
        for index, grade in enumerate(scheme.names):
            of_grade = (known["grade"] == grade).to_numpy()
            label = f"true grade {grade} (n = {of_grade.sum()})"
            look = style.grade_look(index)
            ax.scatter(mean[of_grade], gap[of_grade], s=26, alpha=0.8, lw=0, label=label, **look)
        if len(known) > 1:
            _limits_of_agreement(ax, gap.to_numpy(float))
        ax.set(
            title=f"Bland-Altman, {_count(known, data_name)}",
            xlabel="mean of reported and true ratio",
            ylabel="reported − true ratio",
        )
        canvas.legend(loc="outside lower center", ncols=len(scheme.names), fontsize=9)


def _limits_of_agreement(ax: Axes, gap: np.ndarray) -> None:
    bias, spread = float(gap.mean()), 1.96 * float(gap.std(ddof=1))
    for level, name in ((bias, "bias"), (bias + spread, "+1.96 SD"), (bias - spread, "−1.96 SD")):
        ax.axhline(level, color=style.INK, lw=1, ls="-" if name == "bias" else "--")
        text = f"{name} {level:+.3f}".replace("-", "−")
        at = ax.get_yaxis_transform()  # x in axes, y in data
        ax.text(1, level, text, transform=at, ha="right", va="bottom", fontsize=9)
    reach = 1.2 * max(np.abs(gap).max(), abs(bias) + spread)
    ax.set_ylim(-reach, reach)


def confusion_matrix(counts: pd.DataFrame, source: str, data_name: str, path: Path) -> None:
    """Counts, shaded by the share of the row; `source` is where the grades of the rows are from."""
    values = counts.to_numpy()
    share = values / np.maximum(values.sum(1, keepdims=True), 1)
    with style.figure(path, 5.6, 4.6, "constrained") as canvas:
        ax = canvas.subplots()
        shades = ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.ndindex(values.shape):
            ink = "white" if share[row, column] > 0.55 else style.INK
            text = f"{values[row, column]}\n{share[row, column]:.0%}"
            ax.text(column, row, text, ha="center", va="center", color=ink)
        ticks = range(len(counts))
        ax.set_xticks(ticks, [str(name) for name in counts.columns])
        ax.set_yticks(ticks, [str(name) for name in counts.index])
        ax.set(
            title=f"Grades of {values.sum()} test images ({data_name})",
            xlabel="grade by the reported ratio",
            ylabel=f"grade by the {source}",
        )
        canvas.colorbar(shades, ax=ax, label="share of the row", shrink=0.85)


def calibration(
    before: Reliability,
    after: Reliability,
    images: pd.DataFrame,
    scheme: GradingScheme,
    data_name: str,
    path: Path,
) -> None:
    """Are pixel probabilities and ratios right on average?"""
    with style.figure(path, 11, 6.2, "constrained") as canvas:
        left, right = canvas.subfigures(1, 2, squeeze=False)[0]
        above, below = left.subplots(2, 1, sharex=True, height_ratios=(5, 1.2))
        _reliability(above, below, before, after)
        _ratio_scatter(right.subplots(), images, scheme, data_name)
        for half, ax in ((left, above), (right, right.axes[0])):
            entries = ax.get_legend_handles_labels()
            half.legend(*entries, loc="outside lower center", ncols=3, fontsize=9, columnspacing=1)


def _reliability(ax: Axes, below: Axes, before: Reliability, after: Reliability) -> None:
    """The curves, and below them how many pixels each of their points stands for."""
    ax.plot([0, 1], [0, 1], color=style.GREY, lw=1)
    for curve, label, colour, marker in (
        (before, "as trained", style.VERMILION, "^"),
        (after, "calibrated", style.BLUE, "o"),
    ):
        text = f"{label}, ECE {curve.expected_error():.3f}"
        ax.plot(*curve.curve(), color=colour, marker=marker, ms=5, lw=1.4, label=text)
        below.stairs(curve.pixels, curve.borders, color=colour, lw=1.4, baseline=None)
    million = before.pixels.sum() / 1e6
    ax.set(
        title=f"Fragment probability, {million:.2f} million embryo pixels",
        ylabel="share of true fragment pixels",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    most = max(before.pixels.max(), after.pixels.max())
    below.set_ylim(0.5, max(10.0, 3 * most))
    below.set(xlabel="predicted probability", ylabel="pixels", yscale="log")
    below.yaxis.set_major_locator(LogLocator(numticks=4))


def _ratio_scatter(ax: Axes, images: pd.DataFrame, scheme: GradingScheme, data_name: str) -> None:
    known = images[images["ratio"].notna()]
    drawn = known[["ratio", "direct", "hard", "reported"]].to_numpy(float)
    top = max(0.1, 1.05 * drawn.max()) if len(known) else 1
    ax.plot([0, top], [0, top], color=style.GREY, lw=1)
    for border in scheme.borders[1:-1]:
        ax.axhline(border, color=style.GREY, lw=0.6, ls=":")
        ax.axvline(border, color=style.GREY, lw=0.6, ls=":")
    ratios = (
        ("direct", style.PURPLE, "x"),
        ("hard", style.ORANGE, "+"),
        ("reported", style.BLUE, "o"),
    )
    for name, colour, marker in ratios:
        label = f"{name}, MAE {known[f'error_{name}'].mean():.3f}"
        size = 24 if marker == "o" else 20
        ax.scatter(
            known["ratio"],
            known[name],
            s=size,
            alpha=0.75,
            label=label,
            color=colour,
            marker=marker,
            lw=0 if marker == "o" else 1,
        )
    ax.set(
        title=f"Ratio, {_count(known, data_name)}",
        xlabel="true ratio (fragment area / embryo area; dotted: grade borders)",
        ylabel="measured ratio",
        xlim=(0, top),
        ylim=(0, top),
        aspect="equal",
        anchor="N",
    )


def _count(images: pd.DataFrame, data_name: str) -> str:
    return f"{len(images)} test images, {images['patient'].nunique()} patients ({data_name})"
