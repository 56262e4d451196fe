"""A prepared data set of a few tiny embryos: a bright disc with brighter fragments on it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.dataset.letterbox import place, valid
from ivfgrade.fragmentation.sampling import Embryos, Labels
from ivfgrade.grading import GradingScheme

SIZE = 65
SCHEME = GradingScheme("test", 1, ("A", "B", "C", "D"), (0.0, 0.10, 0.25, 0.50, 1.0))


def tiny_arrays(paired: int = 6, weak: int = 4, ratio_only: int = 1, val: int = 2) -> Arrays:
    random = np.random.default_rng(0)
    kinds = ["paired"] * paired + ["weak"] * weak + ["ratio"] * ratio_only
    splits = ["train"] * len(kinds) + ["val"] * val + ["calibration"] * val
    kinds += ["paired"] * (2 * val)
    placement = place(100, 80, SIZE)  # portrait: padding left and right
    images, masks, rows = [], [], []
    for kind, split in zip(kinds, splits, strict=True):
        image, mask = _embryo(random, valid(placement))
        ratio = mask[..., 0].sum() / mask[..., 1].sum()
        images.append(image)
        seen = {"paired": [1, 1], "weak": [0, 1], "ratio": [0, 0]}[kind]  # fragment, embryo
        masks.append(mask * np.array(seen, np.uint8))
        rows.append(
            {
                "image": f"{len(rows)}.png",
                "patient": f"p{len(rows)}",
                "split": split,
                "supervision": kind,
                "grade": SCHEME.grade(ratio) if kind != "ratio" else "",
                "ratio": np.nan if kind == "weak" else ratio,
                "has_fragment": int(kind == "paired"),
                "embryo_source": {"paired": "given", "weak": "estimated", "ratio": "none"}[kind],
                "height": placement.height,
                "width": placement.width,
                "top": placement.top,
                "left": placement.left,
                "inner_height": placement.inner_height,
                "inner_width": placement.inner_width,
            }
        )
    manifest = pd.DataFrame(rows)
    return Arrays(np.stack(images), np.stack(masks), manifest, SIZE)  # type: ignore[arg-type]


def tiny_embryos(**counts: int) -> Embryos:
    arrays = tiny_arrays(**counts)
    return Embryos(arrays, Labels(arrays.manifest, partial(SCHEME.widened, margin=0.02)))


def _embryo(random: np.random.Generator, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:SIZE, :SIZE]
    embryo = (y - 32) ** 2 + (x - 32) ** 2 < 18**2
    angle, radius = random.uniform(0, 2 * np.pi), random.uniform(4, 10)
    centre = 32 + 8 * np.cos(angle), 32 + 8 * np.sin(angle)
    fragment = embryo & ((y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2)
    grey = 60 + 60 * embryo + 90 * fragment + random.normal(0, 5, (SIZE, SIZE))
    image = np.clip(grey * inside, 0, 255).astype(np.uint8)
    mask = np.stack([fragment, embryo], axis=-1).astype(np.uint8)
    return np.repeat(image[..., None], 3, axis=2), mask
