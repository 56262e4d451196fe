"""How many images stand behind the scores: not all have a true ratio, nor a fragment to outline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ivfgrade.comparison.trials import Trial

ALL, RATIO, FRAGMENT = "all", "with a true ratio", "with a fragment to outline"
Sizes = dict[str, dict[str, int]]


def sample_sizes(trials: Sequence[Trial]) -> Sizes:
    """What -> images and their patients, over all folds each image once."""
    known = pd.concat([table for trial in trials for table in list(trial.rows.values())[:1]])
    images = known.drop_duplicates("image")
    parts = {
        ALL: images,
        RATIO: images[images["ratio"].notna()],
        FRAGMENT: images[images["ratio"] > 0],
    }
    return {
        what: {"images": len(part), "patients": int(part["patient"].nunique())}
        for what, part in parts.items()
    }


def lines_of(judged_on: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One for each part of the patients."""
    return [f"{part} patients: {_told(sizes)}" for part, sizes in judged_on.items()]


def _told(sizes: Mapping[str, Any]) -> str:
    counted = {what: "{images} images of {patients} patients".format(**one)
               for what, one in sizes.items()}  # fmt: skip
    return f"{counted[ALL]}, {counted[RATIO]} {RATIO} (MAE), {counted[FRAGMENT]} {FRAGMENT} (Dice)"
