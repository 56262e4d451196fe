"""Do the gradients of the tasks agree while rows train? A column per row, a colour per layer.

Segmentation is what compares the mask with the true outline, regression what compares the head's
ratio with the true one or its grade. Terms that tie the mask's area to the ratio are neither: they
would bring the regression's target into the gradient that it is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ivfgrade.cosines import DETAILS, PREFIX, measured_layers
from ivfgrade.errors import InputError
from ivfgrade.evaluation import style

COLOURS = (style.BLUE, style.SKY, style.GREEN, style.ORANGE, style.VERMILION, style.PURPLE)


def conflict_figure(histories: Mapping[str, pd.DataFrame], path: Path) -> None:
    """`histories` by what their columns are called; rows that were not probed are left out.

    Above, the cosine of the gradients summed over all probed batches, epoch by epoch; below, how
    far single batches scatter, over all epochs: five bands around the lines would hide each other.
    """
    probed = {row: history for row, history in histories.items() if measured_layers(history)}
    if not probed:
        raise InputError(f"no history of {', '.join(histories)} has a column {PREFIX}<layer>")
    with style.figure(path, 4.8 * len(probed) + 0.6, 6.4, "constrained") as canvas:
        axes = canvas.subplots(2, len(probed), sharey="row", squeeze=False, height_ratios=(3, 2))
        for (above, below), (row, history) in zip(axes.T, probed.items(), strict=True):
            _over_training(above, history)
            _single_batches(below, history)
            above.set_title(row)
        for ax in axes[:, 0]:
            low, high = ax.get_ylim()
            ax.set_ylim(max(low, -1.02), min(high, 1.02))
        axes[0, 0].set_ylabel("cosine of the gradients of\nsegmentation and regression")
        axes[1, 0].set_ylabel("of single batches,\nmean ± SD")
        canvas.legend(**_entries(axes[0]), loc="outside lower center", ncols=6)


def _over_training(ax: Axes, history: pd.DataFrame) -> None:
    epochs = history["epoch"].to_numpy(float) + 1
    ax.axhline(0, color=style.INK, lw=1)
    for name, look in _looks(history).items():
        ax.plot(epochs, history[PREFIX + name], label=name, lw=1.6, marker="o", ms=2.5, **look)
    ax.set(xlabel="epoch", xlim=(epochs.min() - 0.5, epochs.max() + 0.5))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _single_batches(ax: Axes, history: pd.DataFrame) -> None:
    """With the share of batches whose cosine is below zero: there the tasks are in conflict."""
    ax.axhline(0, color=style.INK, lw=1)
    labels = []
    for place, (name, look) in enumerate(_looks(history).items()):
        details = [f"{PREFIX}{name}{what}" for what in DETAILS[:3]]
        labels.append(name)
        known = history.reindex(columns=details).dropna(how="all")
        if len(known):
            mean, sd, negative = (known[column] for column in details)
            spread = np.nan_to_num(np.sqrt((sd**2).mean()))
            ax.errorbar(place, mean.mean(), spread, fmt="o", ms=5, lw=2, capsize=4, **look)
            labels[-1] += f"\n{negative.mean():.0%} < 0"
    ax.set_xticks(range(len(labels)), labels)
    ax.set_xlim(-0.5, len(labels) - 0.5)


def _looks(history: pd.DataFrame) -> dict[str, dict[str, Any]]:
    layers = measured_layers(history)
    return {name: {"color": COLOURS[k % len(COLOURS)]} for k, name in enumerate(layers)}


def _entries(axes: np.ndarray) -> dict[str, Any]:
    """Each layer once, whichever rows have it."""
    named = {line.get_label(): line for ax in axes for line in ax.get_legend_handles_labels()[0]}
    return {"handles": list(named.values()), "labels": list(named)}
