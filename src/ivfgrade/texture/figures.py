"""The paper's figures 1 and 2 from our data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ivfgrade.evaluation import style
from ivfgrade.grading import GradingScheme
from ivfgrade.texture.scores import Numbers

GROUND, BOX = "#DDDDDD", "#E4E9EE"
SWARM = 0.36  # half the width within which the images of one grade are spread


def tsne_figure(
    images: pd.DataFrame,
    plane: np.ndarray,
    numbers: Numbers,
    scheme: GradingScheme,
    data_name: str,
    path: Path,
) -> None:
    """All grades, then the first and the last alone; below each, what separation() measured."""
    first, last = scheme.names[0], scheme.names[-1]
    near, linear, chance = (numbers[name] for name in ("neighbours", "linear", "chance"))
    of_all, of_two = "grade_accuracy", "auc_last_against_first"
    with style.figure(path, 10.5, 6.6, "constrained") as canvas:
        left, right = canvas.subplots(1, 2)
        _points(left, images, plane, scheme, scheme.names)
        _points(right, images, plane, scheme, (first, last))
        left.set_title(f"All grades, {len(images)} images")
        right.set_title(f"Grade {first} against grade {last} (grey: the others)")
        lines = {
            left: [
                "Graded right when the patient is held out:",
                f"by neighbours {spoken(near[of_all])}",
                f"by a linear boundary {spoken(linear[of_all])}",
                f"by the most frequent grade {spoken(chance[of_all])}",
                *_silhouettes(numbers, "all_grades"),
            ],
            right: [
                f"{last} ranked above {first} when the patient is held out (AUC):",
                f"by neighbours {spoken(near[of_two])}",
                f"by a linear boundary {spoken(linear[of_two])}",
                f"by chance {chance[of_two]:.2f}",
                *_silhouettes(numbers, "last_and_first"),
            ],
        }
        for ax, words in lines.items():
            ax.set_xlabel("\n".join(words), loc="left", fontsize=9.5, linespacing=1.4)
        patients = images["patient"].nunique()
        _headline(
            canvas,
            f"t-SNE of co-occurrence (GLCM) features of the embryo area, {patients} patients "
            f"({data_name})",
        )
        entries = left.get_legend_handles_labels()
        canvas.legend(*entries, loc="outside lower center", ncols=len(scheme.names))


def _silhouettes(numbers: Numbers, of: str) -> list[str]:
    spaces = {"feature space": "features", "this plane": "tsne"}
    return [
        f"silhouette in {name} {spoken(numbers['silhouette'][space][of])}"
        for name, space in spaces.items()
    ]


def _points(
    ax: Axes, images: pd.DataFrame, plane: np.ndarray, scheme: GradingScheme, shown: Sequence[str]
) -> None:
    """Other grades stay as a grey ground. The plane has no unit, so the axes have no ticks."""
    grade = images["grade"].to_numpy(str)
    ground = ~np.isin(grade, shown)
    ax.scatter(plane[ground, 0], plane[ground, 1], s=16, color=GROUND, lw=0, zorder=0)
    for index, name in enumerate(scheme.names):
        if name in shown:
            of_grade = grade == name
            label = f"true grade {name} (n = {of_grade.sum()})"
            ax.scatter(plane[of_grade, 0], plane[of_grade, 1], label=label, **_dot(index))
    ax.set(xticks=[], yticks=[])
    ax.spines[["left", "bottom"]].set_color(GROUND)


def prediction_figure(
    test: pd.DataFrame,
    predicted: np.ndarray,
    numbers: Numbers,
    constants: Numbers,
    scheme: GradingScheme,
    words: tuple[str, str],
    path: Path,
) -> None:
    """Predicted ratio by true grade, and against the true ratio; `words`: regressor, data."""
    regressor, data_name = words
    largest = max(test["ratio"].max(), predicted.max(), scheme.borders[-2])
    top = min(1.02, 1.08 * float(largest))
    with style.figure(path, 11, 6.0, "constrained") as canvas:
        left, right = canvas.subplots(1, 2, sharey=True)
        _by_grade(left, test, predicted, numbers, scheme)
        _against_truth(right, test, predicted, scheme, top)
        left.set_title(f"By true grade: {spoken(numbers['grade_accuracy'])} graded right")
        best = constants["mae_best"]["value"]
        right.set_title(f"MAE {spoken(numbers['mae'], 3)}, best constant in hindsight {best:.3f}")
        middle = constants["of_training"]
        label = f"constant: training median {middle:.2f}"
        for ax in (left, right):
            ax.axhline(middle, color=style.INK, lw=1.2, ls="--", label=label)
            ax.set_ylim(-0.02 * top, top)
        patients = test["patient"].nunique()
        counts = f"{len(test)} test images, {patients} patients ({data_name})"
        _headline(canvas, f"{regressor}: {counts}")
        entries = {**_entries(right), **_entries(left)}
        handles, labels = list(entries.values()), list(entries)
        canvas.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9)


def _by_grade(
    ax: Axes, test: pd.DataFrame, predicted: np.ndarray, numbers: Numbers, scheme: GradingScheme
) -> None:
    """Every image a point, its grade's interval a box, the median a bar."""
    grade = test["grade"].to_numpy(str)
    for index, name in enumerate(scheme.names):
        low, high = scheme.interval(name)
        label = "_" if index else "predictions that give the true grade"  # "_": not in the legend
        ax.add_patch(Rectangle((index - 0.45, low), 0.9, high - low, color=BOX, lw=0, label=label))
        values = np.sort(predicted[grade == name])
        if len(values):
            ax.scatter(index + _spread(len(values)), values, **_dot(index))
            look: Any = {"color": style.INK, "lw": 2.2}
            label = "_" if "median prediction" in _entries(ax) else "median prediction"
            ax.hlines(np.median(values), index - 0.3, index + 0.3, label=label, **look)
    ticks = [
        f"{name}\nn = {(grade == name).sum()}\n{_recall(numbers['of_grade'][name])}"
        for name in scheme.names
    ]
    ax.set_xticks(range(len(scheme.names)), ticks)
    ax.set(xlabel="true grade", ylabel="predicted ratio", xlim=(-0.6, len(scheme.names) - 0.4))


def _spread(count: int) -> np.ndarray:
    """Offsets of points in rising order: neighbours far apart, and the same every time."""
    golden = (np.sqrt(5) - 1) / 2
    return SWARM * (2 * ((np.arange(count) + 0.5) * golden % 1) - 1)


def _against_truth(
    ax: Axes, test: pd.DataFrame, predicted: np.ndarray, scheme: GradingScheme, top: float
) -> None:
    truth, grade = test["ratio"].to_numpy(float), test["grade"].to_numpy(str)
    ax.plot([0, top], [0, top], color=style.GREY, lw=1, zorder=0, label="prediction = truth")
    for border in scheme.borders[1:-1]:
        ax.axhline(border, color=style.GREY, lw=0.6, ls=":", zorder=0)
        ax.axvline(border, color=style.GREY, lw=0.6, ls=":", zorder=0)
    for index, name in enumerate(scheme.names):
        ax.scatter(truth[grade == name], predicted[grade == name], **_dot(index))
    ax.set(xlabel="true ratio (dotted: grade borders)", xlim=(-0.02 * top, top))


def _dot(index: int) -> dict[str, Any]:
    return {**style.grade_look(index), "s": 32, "alpha": 0.85, "lw": 0.4, "edgecolors": "white"}


def _headline(canvas: Figure, text: str) -> None:
    canvas.suptitle(text, x=0.01, ha="left")


def _entries(ax: Axes) -> dict[str, Any]:
    handles, labels = ax.get_legend_handles_labels()
    return dict(zip(labels, handles, strict=True))


def _recall(of_grade: Numbers) -> str:
    value = of_grade["recall"]["value"]
    return "" if value is None else f"{value:.0%} right"


def spoken(number: Numbers, digits: int = 2) -> str:
    """Value and interval."""
    if None in number.values():
        return "unknown"
    value, low, high = (f"{number[name]:.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})".replace("-", "−")
