"""A trial of the table: every row trained with one seed and judged on one fold's test images.

Two sources. The pipeline leaves one trial: <folder>/<row>/per_image.csv with row.json beside it.
Committed results hold several: <folder>/<trial>/<row>.csv with trial.json beside them, in which
`rows` holds the row.json of each row; history/<row>.csv, focus/<row>.csv and texture.json are
there where they were measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ivfgrade.atomic import read_json
from ivfgrade.comparison.consistency import require_one_study, require_same_images
from ivfgrade.comparison.tables import read_scores, read_table, with_focus
from ivfgrade.errors import InputError

Tables = dict[str, pd.DataFrame]
SHARED = (
    "training_seed",
    "fold",
    "profile",
    "recipe",
    "data_digest",
)  # equal in all rows of a trial


@dataclass(frozen=True)
class Score:
    """A column of a row's per-image table."""

    row: str
    column: str


@dataclass(frozen=True)
class Trial:
    training_seed: int
    fold: int | None  # None: a single split
    rows: Tables  # row -> one line per test image, sorted by image
    profile: str = ""
    recipe: str = ""
    data_digest: str = ""
    settings: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # row -> its row.json
    histories: Tables = field(default_factory=dict)  # row -> one line per epoch
    texture: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"training seed {self.training_seed}, " + (
            "single split" if self.fold is None else f"fold {self.fold}"
        )

    def has(self, score: Score) -> bool:
        table = self.rows.get(score.row)
        return (
            table is not None and score.column in table and bool(table[score.column].notna().any())
        )


def shared_facts(trial: Trial) -> dict[str, Any]:
    """What trial.json says of the whole trial."""
    return {name: getattr(trial, name) for name in SHARED}


def read_experiments(
    folder: Path, texture: Path | None = None, focus: Path | None = None
) -> list[Trial]:
    """The one trial that the pipeline has run, as a list."""
    files = {path.parent.name: path for path in sorted(folder.glob("*/per_image.csv"))}
    if not files:
        raise InputError(f"{folder} holds no <row>/per_image.csv; run the rows, or dvc repro")
    settings = {row: read_json(path.with_name("row.json")) for row, path in files.items()}
    histories = {row: path.with_name("history.csv") for row, path in files.items()}
    looks = {row: focus / row / "per_image.csv" for row in files} if focus else {}
    measured = read_json(texture / "metrics.json") if texture else {}
    return [_trial(files, settings, _shared(settings, files), histories, looks, measured)]


def read_results(folder: Path) -> list[Trial]:
    """The committed trials of one study, by seed and fold."""
    homes = [path.parent for path in sorted(folder.glob("*/trial.json"))]
    if not homes:
        raise InputError(f"{folder} holds no <trial>/trial.json")
    trials = [_read_home(home) for home in homes]
    require_one_study(trials)
    return sorted(trials, key=lambda trial: (trial.training_seed, _order(trial.fold)))


def _read_home(home: Path) -> Trial:
    about = read_json(home / "trial.json")
    absent = [name for name in ("training_seed", "fold") if name not in about]
    if absent:
        raise InputError(f"{home / 'trial.json'} lacks {', '.join(absent)}")
    files = {path.stem: path for path in sorted(home.glob("*.csv"))}
    if not files:
        raise InputError(f"{home} holds no <row>.csv")
    histories, looks = (
        {row: home / kind / f"{row}.csv" for row in files} for kind in ("history", "focus")
    )
    texture = home / "texture.json"
    measured = read_json(texture) if texture.exists() else {}
    return _trial(files, about.get("rows", {}), about, histories, looks, measured)


def _trial(
    files: Mapping[str, Path],
    settings: Mapping[str, dict[str, Any]],
    about: Mapping[str, Any],
    histories: Mapping[str, Path],
    looks: Mapping[str, Path],
    texture: Mapping[str, Any],
) -> Trial:
    rows = {row: read_scores(path) for row, path in files.items()}
    require_same_images(rows, files)
    for row, path in looks.items():
        if path.exists():
            rows[row] = with_focus(rows[row], path)
    epochs = {row: read_table(path) for row, path in histories.items() if path.exists()}
    known = {name: about[name] for name in SHARED if name in about}
    return Trial(**known, rows=rows, settings=settings, histories=epochs, texture=texture)


def _shared(settings: Mapping[str, dict[str, Any]], files: Mapping[str, Path]) -> dict[str, Any]:
    """What all row.json agree on; rows of another seed or data do not belong in one table."""
    first = next(iter(settings))
    for row, setting in settings.items():
        for name in SHARED:
            ours, theirs = setting.get(name), settings[first].get(name)
            if ours != theirs:
                raise InputError(
                    f"row {row} ({files[row]}) has {name} {ours}, but row {first} has {theirs}; "
                    f"run the rows anew"
                )
    if "training_seed" not in settings[first]:
        raise InputError(f"{files[first].with_name('row.json')} lacks training_seed")
    return {"fold": None, **{k: v for k, v in settings[first].items() if k in SHARED}}


def _order(fold: int | None) -> int:
    return -1 if fold is None else fold
