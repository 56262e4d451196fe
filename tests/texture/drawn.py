"""Small parameters, and a table of images whose features are made up."""

import numpy as np
import pandas as pd

from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.texture.params import MlpParams, TextureParams
from tests.fragmentation.arrays import SCHEME

MLP = MlpParams(
    hidden=(8,), penalties=(1e-4, 1.0), learning_rate=0.01, batch=8, epochs=30, patience=10
)
PARAMS = TextureParams(
    grey_levels=8,
    glcm_distances_px=(1, 3),
    lbp_radii_px=(1, 4),
    neighbours=5,
    perplexity=5.0,
    ridge_penalties=(0.01, 1.0, 100.0),
    mlp=MLP,
)
BOOTSTRAP = Bootstrap(samples=300, confidence=0.95, seed=0)


def graded(grade_index: np.ndarray, patients: np.ndarray) -> pd.DataFrame:
    """Ratios in the middle of each grade's interval."""
    middles = [sum(SCHEME.interval(name)) / 2 for name in SCHEME.names]
    return pd.DataFrame(
        {
            "image": [f"{i}.png" for i in range(len(grade_index))],
            "patient": [f"p{number}" for number in patients],
            "ratio": np.array(middles)[grade_index],
            "grade": np.array(SCHEME.names)[grade_index],
            "grade_index": grade_index,
        }
    )
