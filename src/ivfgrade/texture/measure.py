"""The features of every image whose ratio and embryo are known.

The embryo area is the outline that the data set has: on synthetic images, and wherever a person
drew it, the true one. That favours these features over a network, which has to find the embryo.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ivfgrade.dataset.arrays import EMBRYO, Arrays
from ivfgrade.dataset.pool import map_with_progress
from ivfgrade.grading import GradingScheme
from ivfgrade.texture.features import glcm_features, grey_of, lbp_features
from ivfgrade.texture.params import TextureParams

KINDS = ("glcm", "lbp")
Crop = tuple[np.ndarray, np.ndarray]  # grey H W, area H W


@dataclass(frozen=True)
class Measured:
    images: (
        pd.DataFrame
    )  # image, patient, split, ratio, grade of that ratio, its index in the scheme
    features: dict[str, np.ndarray]  # kind -> N F
    left_out: int  # images of known ratio without an embryo, or with too small a one

    def of_split(self, name: str) -> np.ndarray:
        return (self.images["split"] == name).to_numpy()


def measure(
    arrays: Arrays, scheme: GradingScheme, params: TextureParams, workers: int | None = None
) -> Measured:
    known = np.flatnonzero(arrays.manifest["ratio"].notna().to_numpy())
    crops = [embryo_crop(arrays, int(index)) for index in known]
    found = map_with_progress(partial(_describe, params=params), crops, "texture", workers)
    usable = np.array([all(np.isfinite(kind).all() for kind in both) for both in found], bool)
    images = arrays.manifest.iloc[known[usable]][["image", "patient", "split", "ratio"]]
    index = scheme.grade_index(images["ratio"].to_numpy(float))
    images = images.assign(grade=[scheme.names[i] for i in index], grade_index=index)
    kept = [both for both, good in zip(found, usable, strict=True) if good]
    features = {
        kind: np.array([both[i] for both in kept], float).reshape(len(kept), -1)
        for i, kind in enumerate(KINDS)
    }
    return Measured(images.reset_index(drop=True), features, int((~usable).sum()))


def embryo_crop(arrays: Arrays, index: int) -> Crop:
    """Cut to the embryo: the rest would only be carried to the workers."""
    area = (arrays.masks[index, ..., EMBRYO] > 0) & arrays.valid(index)  # S S
    rows, columns = (np.flatnonzero(area.any(axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((1, 1), np.uint8), np.zeros((1, 1), bool)
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return grey_of(arrays.images[index][box]), area[box]


def _describe(crop: Crop, params: TextureParams) -> tuple[np.ndarray, np.ndarray]:
    return glcm_features(*crop, params), lbp_features(*crop, params)
