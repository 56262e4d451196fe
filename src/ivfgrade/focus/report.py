"""What a row's stage leaves behind: numbers, the table they follow from, maps for the viewer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade.atomic import write_arrays, write_json, write_text
from ivfgrade.dataset.arrays import Arrays
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.focus.figures import dot_plot, panels
from ivfgrade.focus.measure import Look, evenly
from ivfgrade.focus.params import FocusParams
from ivfgrade.focus.summary import summarise
from ivfgrade.heat_words import CONTRIBUTION, GRADCAM, STAYS, UNCERTAIN

TITLES = {GRADCAM: "Grad-CAM++", CONTRIBUTION: "Contribution"}
RULES = [
    "concentration: heat on the true fragments as a share of all heat on image content, over the "
    "fragments' share of its area, both summed over images; 1 is no better than uniform",
    "concentration_embryo: the same for the embryo; concentration_within: fragments in the embryo",
    "ceiling: what a map of the layer's size reaches that is the true mask itself",
    "control: networks with redrawn weights from the output down to the named part, mean over "
    "draws; gain is trained minus redrawn on the same images",
    f"{STAYS}: its rank correlation with the control's map is at least same_map; "
    "such a map does not show what was learnt, whatever its concentration",
    f"{UNCERTAIN}: the interval holds same_map, or, as why says, the draws or patients with a map "
    "are so few that they can agree by chance",
    "images: paired test images with fragments; intervals: patient bootstrap; those of "
    "rank_correlation and ssim are over the draws as well",
]


def write_focus(
    looks: Mapping[str, Look],
    arrays: Arrays,
    indices: np.ndarray,
    params: FocusParams,
    bootstrap: Bootstrap,
    name: str,
    out: Path,
) -> dict[str, Any]:
    """Fill `out`; returns what metrics.json holds, by the kind of map."""
    numbers = {kind: summarise(seen, params.same_map, bootstrap) for kind, seen in looks.items()}
    grid = list(looks[GRADCAM].heat.shape[1:])
    facts = {
        "layer": params.layer,
        "grid": grid,
        "draws": params.draws,
        "same_map": params.same_map,
        "rules": RULES,
    }
    write_json(out / "metrics.json", {**numbers, **facts})
    table = pd.concat([seen.images.assign(map=kind) for kind, seen in looks.items()])
    table.insert(0, "map", table.pop("map"))
    write_text(out / "per_image.csv", table.to_csv(index=False, float_format="%.6g"))
    write_arrays(out / "heat.npz", **packed(looks))
    draw(looks, arrays, indices, params, name, out / "panels.png")
    for kind, values in numbers.items():
        title = (
            f"{TITLES[kind]} of {name}, {values['images']} images, {values['patients']} patients"
        )
        dot_plot({name: values}, title, out / f"concentration_{kind}.png")
    return numbers


def packed(looks: Mapping[str, Look]) -> dict[str, np.ndarray]:
    """Each map as bytes from 0 to its own largest heat, N h w, under the kind's name; the first
    draw of a control under <kind>_<control>; `images` holds the names."""
    maps = {kind: seen.heat for kind, seen in looks.items()}
    maps |= {
        f"{kind}_{name}": heat
        for kind, seen in looks.items()
        for name, heat in seen.controls.items()
    }
    names = next(iter(looks.values())).images["image"].to_numpy(str)
    return {"images": names, **{kind: as_bytes(heat) for kind, heat in maps.items()}}


def as_bytes(heat: np.ndarray) -> np.ndarray:
    top = heat.max(axis=(1, 2), keepdims=True)
    return np.round(255 * heat / np.where(top > 0, top, 1.0)).astype(np.uint8)


def draw(
    looks: Mapping[str, Look],
    arrays: Arrays,
    indices: np.ndarray,
    params: FocusParams,
    name: str,
    path: Path,
) -> None:
    """Each kind of map of the trained network, and under it those of its random twins."""
    order = next(iter(looks.values())).images["ratio"].to_numpy(float).argsort(kind="stable")
    chosen = evenly(order, params.panel_images)
    lines, captions = {}, {}
    for kind, seen in looks.items():
        line = f"{TITLES[kind]}\ntrained"
        lines[line] = seen.heat[chosen]
        images = seen.images.iloc[chosen]
        pairs = images[["concentration", "concentration_within"]].to_numpy(float)
        captions[line] = [
            f"{_times(whole)} image, {_times(within)} embryo" for whole, within in pairs
        ]
        for control, heat in seen.controls.items():
            line = f"{TITLES[kind]}\n{control} redrawn"
            lines[line] = heat[chosen]
            alike = seen.draws[control][0]["rank_correlation"].iloc[chosen]  # of the draw shown
            captions[line] = [
                f"correlation with trained {value:.2f}".replace("-", "\N{MINUS SIGN}")
                for value in alike
            ]
    title = (
        f"Heat of {name} ({params.layer}). ×: heat on the fragments over that of a uniform map, "
        f"of the image and within the embryo"
    )
    panels(arrays, indices[chosen], lines, captions, title, path)


def _times(concentration: float) -> str:
    """Not a number where there is no heat to be concentrated."""
    return f"×{concentration:.1f}" if np.isfinite(concentration) else "no heat in"
