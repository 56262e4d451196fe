"""Read the preprocessed data set by memory map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from ivfgrade.dataset.letterbox import Placement, valid
from ivfgrade.errors import InputError

IMAGES, MASKS, MANIFEST, SUMMARY = "images.npy", "masks.npy", "manifest.csv", "summary.json"
FRAGMENT, EMBRYO = 0, 1  # channels of the masks
GEOMETRY = tuple(field.name for field in fields(Placement) if field.name != "size")


@dataclass(frozen=True)
class Arrays:
    images: np.memmap  # N S S 3, uint8
    masks: np.memmap  # N S S 2, uint8 in {0, 1}
    manifest: pd.DataFrame  # one row per image, in array order
    size: int

    def placement(self, index: int) -> Placement:
        row = self.manifest.iloc[index]
        return Placement(**{name: int(row[name]) for name in GEOMETRY}, size=self.size)

    def valid(self, index: int) -> np.ndarray:
        return valid(self.placement(index))  # S S

    def indices(self, split: str, supervision: Sequence[str] | None = None) -> np.ndarray:
        chosen = self.manifest["split"] == split
        if supervision is not None:
            chosen &= self.manifest["supervision"].isin(list(supervision))
        return np.flatnonzero(chosen.to_numpy())


def load_arrays(folder: Path) -> Arrays:
    for name in (IMAGES, MASKS, MANIFEST):
        if not (folder / name).is_file():
            raise InputError(f"{folder / name} is missing; run dvc repro preprocess")
    images = np.load(folder / IMAGES, mmap_mode="r")
    masks = np.load(folder / MASKS, mmap_mode="r")
    manifest = pd.read_csv(folder / MANIFEST, dtype=str, keep_default_na=False)
    manifest["ratio"] = pd.to_numeric(manifest["ratio"], errors="raise").astype(float)
    for name in ("has_fragment", *GEOMETRY):
        manifest[name] = manifest[name].astype(int)
    if not len(images) == len(masks) == len(manifest):
        raise InputError(f"{folder} holds arrays of unequal length; run dvc repro preprocess")
    return Arrays(images, masks, manifest, images.shape[1])
