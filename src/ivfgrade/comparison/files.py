"""Where the files of a trial lie: as the pipeline leaves them, and as kept results hold them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ivfgrade.row_files import HISTORY, SCORES, VALIDATION

SCHEME = "grading.yaml"  # beside the kept trials of a study, who share it
VALUES = "params.yaml"  # in the folder of a kept trial, which it has made
TEXTURE, TEXTURE_SCORES = "texture.json", "texture.csv"  # there, too


@dataclass(frozen=True)
class Files:
    """Of one row. Only the scores must be there, of test and validation."""

    scores: Path  # one line per test image
    validation: Path  # the same columns, one line per image of the validation patients
    history: Path  # one line per epoch
    heat: Path | None  # one line per image and kind of heat map; None: nobody looked
    control: Path | None  # of the heat maps: do they change when parts of the network are redrawn?


def left_by_pipeline(experiments: Path, focus: Path | None, row: str) -> Files:
    home, looks = experiments / row, focus / row if focus else None
    return Files(
        home / SCORES,
        home / VALIDATION,
        home / HISTORY,
        looks / "per_image.csv" if looks else None,
        looks / "metrics.json" if looks else None,
    )


def kept_in(trial: Path, row: str) -> Files:
    looks = trial / "focus"
    return Files(
        trial / f"{row}.csv",
        trial / "validation" / f"{row}.csv",
        trial / "history" / f"{row}.csv",
        looks / f"{row}.csv",
        looks / f"{row}.json",
    )
