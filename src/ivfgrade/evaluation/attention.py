"""What the attention gate lets through: alpha of equation 1 beside the image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.dataset.letterbox import nearest
from ivfgrade.evaluation import style
from ivfgrade.evaluation.contact_sheet import (
    TILE,
    Gallery,
    draw_contours,
    draw_image,
    legend,
    ratios,
)
from ivfgrade.fragmentation.layers import PassThrough
from ivfgrade.fragmentation.regression import PureRegression
from ivfgrade.fragmentation.sampling import FORWARD_BATCH, in_chunks, load_pixels
from ivfgrade.fragmentation.stored import Network
from ivfgrade.training.precision import Compute

# Percentiles at which the colours end: one saturated corner must not set them.
SPREAD, SPREAD_NAME = (2, 98), "2nd to 98th percentile"
OPEN, MOSTLY = 0.9, 0.8  # alpha from which a cell is open; share of cells for "nearly everywhere"


@torch.inference_mode()
def gate_maps(
    model: Network, arrays: Arrays, indices: np.ndarray, compute: Compute
) -> np.ndarray | None:
    """N 75 75 in [0, 1]; None for a network without a gate."""
    if isinstance(model, PureRegression) or isinstance(model.gate, PassThrough):
        return None
    found = []
    for chunk in in_chunks(indices, FORWARD_BATCH):
        image, valid = load_pixels(arrays, chunk, compute.device)
        with compute.autocast():
            alpha = model.attention(image, valid)
        found.append(alpha[:, 0].float().cpu().numpy())
    return np.concatenate(found) if found else None


def spread_over_ratios(images: pd.DataFrame, count: int) -> np.ndarray:
    """Positions of paired images from the least to the most fragmented, evenly spaced."""
    order = images["ratio"].reset_index(drop=True)[images["dice"].notna().to_numpy()]
    order = order.sort_values(kind="stable")
    steps = np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int)
    return order.index.to_numpy()[steps]


def attention_figure(
    gallery: Gallery, images: pd.DataFrame, rows: np.ndarray, alpha: np.ndarray, path: Path
) -> None:
    """Images above, their gate maps below, on one scale; `images` is the per-image table."""
    inside = embryo_values(gallery, rows, alpha)
    low, high = np.percentile(inside, SPREAD)
    with style.figure(path, TILE * len(rows) + 0.8, 2 * TILE + 1.1, "compressed") as canvas:
        axes = canvas.subplots(2, len(rows), squeeze=False)
        edge = gallery.arrays.size - 0.5
        look: Any = {"extent": (-0.5, edge, edge, -0.5), "cmap": "cividis"}
        for (above, below), row, gate in zip(axes.T, rows, alpha, strict=True):
            draw_image(above, gallery, row)
            draw_contours(above, gallery, row)
            above.set_title(ratios(images.iloc[row]), fontsize=8.5)
            seen = nearest(gallery.arrays.valid(gallery.found.indices[row]), *gate.shape)
            shown = below.imshow(np.ma.masked_where(~seen, gate), vmin=low, vmax=high, **look)
            below.set(xlim=above.get_xlim(), ylim=above.get_ylim())
            below.set_axis_off()
        bar = canvas.colorbar(shown, ax=axes[1], shrink=0.95, aspect=14, pad=0.01, extend="both")
        bar.set_label(f"gate α ({SPREAD_NAME}\nof the embryo area)", fontsize=8.5)
        legend(canvas, f"Attention gate, least to most fragmented ({gallery.data_name})")
        canvas.supxlabel(openness(inside, low), x=0.01, ha="left", fontsize=9.5)


def embryo_values(gallery: Gallery, rows: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The gate's values on the true embryos and their fragments; everywhere if there are none."""
    found = []
    for row, gate in zip(rows, alpha, strict=True):
        index = gallery.found.indices[row]
        embryo = (gallery.arrays.masks[index] > 0).any(-1) & gallery.arrays.valid(index)
        found.append(gate[nearest(embryo, *gate.shape)])
    inside = np.concatenate(found)
    return inside if len(inside) else alpha.ravel()


def openness(inside: np.ndarray, darkest: float) -> str:
    """A sentence for the reader who takes the stretched colours for attention; else nothing."""
    share = float((inside >= OPEN).mean())
    if share < MOSTLY:
        return ""
    return (
        f"The gate is open nearly everywhere: α ≥ {OPEN} on {share:.0%} of the embryo area shown "
        f"(median {np.median(inside):.2f}). The darkest colour is α ≤ {darkest:.2f}, not 0."
    )
