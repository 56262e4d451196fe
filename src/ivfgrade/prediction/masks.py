"""Both outlines in one file: a PNG of indices, coloured so that people can look at it, too."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ivfgrade.prediction.overlay import EMBRYO, FRAGMENT

BACKGROUND_INDEX, EMBRYO_INDEX, FRAGMENT_INDEX = 0, 1, 2


def indexed(fragment: np.ndarray, embryo: np.ndarray) -> Image.Image:
    """Of two masks [H,W]; a fragment counts as one inside the embryo and outside it."""
    indices = np.where(fragment, FRAGMENT_INDEX, np.where(embryo, EMBRYO_INDEX, BACKGROUND_INDEX))
    image = Image.fromarray(indices.astype(np.uint8))
    image.putpalette([0, 0, 0, *EMBRYO, *FRAGMENT])
    return image
