"""Where the files of a trial lie: as the pipeline leaves them, and as kept results hold them.

The pipeline leaves one trial: <folder>/<row>/per_image.csv, with validation.csv and row.json
beside it. Committed results hold several: <folder>/<trial>/<row>.csv, validation/<row>.csv and
trial.json, in which `rows` holds the row.json of each row and `order` their order, and
params.yaml; history/<row>.csv, focus/<row>.csv and .json, texture.json and .csv are there where
they were measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ivfgrade.errors import InputError
from ivfgrade.row_files import HISTORY, SCORES, VALIDATION

SCHEME = "grading.yaml"  # beside the kept trials of a study, who share it
TRIAL = "trial.json"  # in the folder of a kept trial: what it says of itself
VALUES = "params.yaml"  # there, too: what has made it
TEXTURE, TEXTURE_SCORES = "texture.json", "texture.csv"
VALIDATIONS, HISTORIES, LOOKS = "validation", "history", "focus"  # its folders
RESERVED = {Path(name).stem for name in (TRIAL, VALUES, TEXTURE, TEXTURE_SCORES)} | {
    VALIDATIONS,
    HISTORIES,
    LOOKS,
}


@dataclass(frozen=True)
class Files:
    """Of one row. Only the scores must be there, of test and validation."""

    scores: Path  # one line per test image
    validation: Path  # the same columns, one line per image of the validation patients
    history: Path  # one line per epoch
    heat: Path | None  # one line per image and kind of heat map; None: nobody looked
    control: Path | None  # of the heat maps: do they change when parts of the network are redrawn?


@dataclass(frozen=True)
class TextureFiles:
    """Of what texture alone tells of the same images."""

    measures: Path
    scores: Path  # one line per test image; may be absent


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
    looks = trial / LOOKS
    return Files(
        trial / f"{row}.csv",
        trial / VALIDATIONS / f"{row}.csv",
        trial / HISTORIES / f"{row}.csv",
        looks / f"{row}.csv",
        looks / f"{row}.json",
    )


def texture_left_in(folder: Path) -> TextureFiles:
    return TextureFiles(folder / "metrics.json", folder / "per_image.csv")


def texture_kept_in(trial: Path) -> TextureFiles:
    return TextureFiles(trial / TEXTURE, trial / TEXTURE_SCORES)


def require_can_be_kept(rows: Iterable[str]) -> None:
    """A row named texture would be kept as texture.csv, in place of what was measured of texture.
    Some disks do not tell Texture from texture."""
    for row in rows:
        if row.lower() in RESERVED:
            raise InputError(
                f"a row named {row} cannot be kept, a kept trial has a file or folder of its own "
                "of that name: give the row another name in params.yaml"
            )
