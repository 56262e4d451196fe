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
    tables = [table for trial in trials for table in trial.rows.values()]
    images = pd.concat(tables)[["image", "patient", "ratio"]].drop_duplicates("image")
    outlined = {image for table in tables for image in _with_dice(table)}
    parts = {
        ALL: images,
        RATIO: images[images["ratio"].notna()],
        FRAGMENT: images[images["image"].isin(outlined)],
    }
    return {
        what: {"images": len(part), "patients": int(part["patient"].nunique())}
        for what, part in parts.items()
    }


def _with_dice(table: pd.DataFrame) -> pd.Series:
    """A ratio of 0 has no Dice, nor has one that is known without a mask."""
    return table["image"][table["dice"].notna()]


def lines_of(judged_on: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One for each part of the patients."""
    return [f"{part} patients: {_told(sizes)}" for part, sizes in judged_on.items()]


def _told(sizes: Mapping[str, Any]) -> str:
    counted = {what: "{images} images of {patients} patients".format(**one)
               for what, one in sizes.items()}  # fmt: skip
    return f"{counted[ALL]}, {counted[RATIO]} {RATIO} (MAE), {counted[FRAGMENT]} {FRAGMENT} (Dice)"
