"""The rows of the table as their folders hold them: scores per image, settings, outlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ivfgrade.atomic import read_json
from ivfgrade.comparison.tables import TRUTH, read_scores
from ivfgrade.errors import InputError
from ivfgrade.htmlreport.outlines import Outlines, read_outlines
from ivfgrade.row_files import HISTORY, OUTLINES, SCORES, SETTINGS


@dataclass(frozen=True)
class Row:
    name: str
    images: pd.DataFrame  # one line per test image, sorted by name
    settings: Mapping[str, Any]
    history: pd.DataFrame  # one line per epoch; empty where nothing was trained
    outlines: Outlines | None


def read_rows(folder: Path, names: Sequence[str]) -> list[Row]:
    """In the order of `names`: folders of rows that the table no longer has may lie beside them."""
    if not names:
        raise InputError("the table names no row, so there is nothing to show")
    for name in names:
        if not (folder / name / SCORES).is_file():
            raise InputError(
                f"{folder} holds no {name}/{SCORES}, and the table names row {name}; run dvc repro "
                f"to make it"
            )
    return [_row(folder / name) for name in names]


def union_of_images(rows: Sequence[Row]) -> pd.DataFrame:
    """What all rows say alike of an image: one line each, sorted by name."""
    columns = ["image", *TRUTH]
    every = pd.concat([row.images[columns] for row in rows], ignore_index=True)
    return every.drop_duplicates("image").sort_values("image", ignore_index=True)


def _row(folder: Path) -> Row:
    settings, history = folder / SETTINGS, folder / HISTORY
    outlines = folder / OUTLINES
    return Row(
        name=folder.name,
        images=read_scores(folder / SCORES),
        settings=read_json(settings) if settings.is_file() else {},
        history=_history(history),
        outlines=read_outlines(outlines) if outlines.is_file() else None,
    )


def _history(path: Path) -> pd.DataFrame:
    if not path.is_file() or not path.stat().st_size:
        return pd.DataFrame()
    try:
        return pd.read_csv(path)
    except ValueError as error:
        raise InputError(f"{path} cannot be read as a table ({error})") from error
