"""What the attention gate lets through: alpha of equation 1 beside the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.evaluation import style
from ivfgrade.evaluation.contact_sheet import TILE, Gallery, draw_contours, draw_image, legend
from ivfgrade.fragmentation.layers import PassThrough
from ivfgrade.fragmentation.model import AttnRegDeepLab
from ivfgrade.fragmentation.sampling import load_pixels
from ivfgrade.training.precision import Compute


@torch.inference_mode()
def gate_maps(
    model: AttnRegDeepLab, arrays: Arrays, indices: np.ndarray, compute: Compute
) -> np.ndarray | None:
    """N 75 75 in [0, 1]; None for a network without a gate."""
    if isinstance(model.gate, PassThrough) or not len(indices):
        return None
    image, valid = load_pixels(arrays, indices, compute.device)
    with compute.autocast():
        alpha = model.attention(image, valid)
    return alpha[:, 0].float().cpu().numpy()


def spread_over_ratios(images: pd.DataFrame, count: int) -> np.ndarray:
    """Positions of paired images from the least to the most fragmented, evenly spaced."""
    order = images["ratio"].reset_index(drop=True)[images["dice"].notna().to_numpy()]
    order = order.sort_values(kind="stable")
    steps = np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int)
    return order.index.to_numpy()[steps]


def attention_figure(gallery: Gallery, rows: np.ndarray, alpha: np.ndarray, path: Path) -> None:
    """Images above, their gate maps below, on one scale."""
    with style.figure(path, TILE * len(rows) + 0.6, 2 * TILE + 0.7, "compressed") as canvas:
        axes = canvas.subplots(2, len(rows), squeeze=False)
        limits = {"vmin": float(alpha.min()), "vmax": float(alpha.max())}
        edge = gallery.arrays.size - 0.5
        for (above, below), row, gate in zip(axes.T, rows, alpha, strict=True):
            draw_image(above, gallery, row)
            draw_contours(above, gallery, row)
            image = gallery.arrays.manifest["image"].iloc[gallery.found.indices[row]]
            above.set_title(image, fontsize=8)
            shown = below.imshow(gate, extent=(-0.5, edge, edge, -0.5), cmap="cividis", **limits)
            below.set(xlim=above.get_xlim(), ylim=above.get_ylim())
            below.set_axis_off()
        canvas.colorbar(shown, ax=axes[1], label="gate α", shrink=0.9, aspect=14, pad=0.01)
        legend(canvas, f"Attention gate, least to most fragmented ({gallery.data_name})")
