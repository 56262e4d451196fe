"""A trial of the table: every row trained with one seed and judged on one fold's test images.

Two sources. The pipeline leaves one trial: <folder>/<row>/per_image.csv, with validation.csv and
row.json beside it. Committed results hold several: <folder>/<trial>/<row>.csv, validation/<row>.csv
and trial.json, in which `rows` holds the row.json of each row and `order` their order, and
params.yaml; history/<row>.csv, focus/<row>.csv and .json, texture.csv and .json are there where
they were measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivfgrade.atomic import read_json
from ivfgrade.comparison.consistency import require_one_study, require_same_images
from ivfgrade.comparison.files import (
    TEXTURE,
    TEXTURE_SCORES,
    VALUES,
    Files,
    kept_in,
    left_by_pipeline,
)
from ivfgrade.comparison.records import (
    SHARED,
    read_heat_control,
    read_texture,
    read_trial,
    require_setting,
)
from ivfgrade.comparison.sound import require_sound
from ivfgrade.comparison.tables import read_scores, read_table, with_focus, with_texture
from ivfgrade.errors import InputError
from ivfgrade.row_files import SETTINGS

Tables = dict[str, pd.DataFrame]
REPORT = "per_image.csv"  # of the texture stage, as the pipeline leaves it


@dataclass(frozen=True)
class Score:
    """A column of a row's per-image table."""

    row: str
    column: str


@dataclass(frozen=True)
class Trial:
    training_seed: int
    fold: int | None  # None: a single split
    rows: Tables  # row -> one line per test image, sorted by image; in the order of the table
    # the same of the validation patients, by whose numbers steps are kept or left
    validation: Tables = field(default_factory=dict, kw_only=True)
    verdicts: bool  # of the profile; without, the numbers prove the machinery only
    profile: str
    recipe: str
    data_digest: str
    training_stride: int | None = None  # of the backbone, while whole networks learn
    values: Mapping[str, Any] = field(default_factory=dict)  # of params.yaml, where it was kept
    settings: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # row -> its row.json
    histories: Tables = field(default_factory=dict)  # row -> one line per epoch
    heat_controls: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # row -> by map
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
    folder: Path,
    rows: Sequence[str],
    texture: Path | None = None,
    focus: Path | None = None,
    training_stride: int | None = None,
) -> list[Trial]:
    """The one trial that the pipeline has run, as a list. A folder of a row that is no longer
    named is no part of it."""
    files = {row: left_by_pipeline(folder, focus, row) for row in rows}
    _require(files)
    settings = {row: read_json(folder / row / SETTINGS) for row in rows}
    for row, setting in settings.items():
        require_setting(setting, folder / row / SETTINGS)
    measured = read_texture(texture / "metrics.json") if texture else {}
    facts = {**_shared(settings, folder), "training_stride": training_stride}
    return [_trial(files, settings, facts, measured, texture / REPORT if texture else None)]


def read_results(folder: Path) -> list[Trial]:
    """The committed trials of one study, by seed and fold."""
    trials = [_read_home(home) for home in homes_in(folder)]
    if not trials:
        raise InputError(f"{folder} holds no <trial>/trial.json")
    require_one_study(trials)
    return sorted(trials, key=lambda trial: (trial.training_seed, _order(trial.fold)))


def homes_in(folder: Path) -> list[Path]:
    """Of the kept trials, without the dotted folders that a killed run leaves half filled."""
    found = sorted(folder.glob("*/trial.json"))
    return [path.parent for path in found if not path.parent.name.startswith(".")]


def _read_home(home: Path) -> Trial:
    facts = kept_facts(home)
    files = {row: kept_in(home, row) for row in facts["settings"]}
    _require(files, "keep it anew, or take it out of")
    texture = home / TEXTURE
    measured = read_texture(texture) if texture.exists() else {}
    return _trial(files, facts.pop("settings"), facts, measured, home / TEXTURE_SCORES)


def kept_facts(home: Path) -> dict[str, Any]:
    """All that a kept trial says of itself, without its tables."""
    about, values = read_trial(home / "trial.json"), home / VALUES
    settings = {row: about["rows"][row] for row in about["order"]}
    known = values_of(_text(values), str(values)) if values.exists() else {}
    return {**{name: about[name] for name in SHARED}, "settings": settings, **known}


def values_of(text: str, name: str) -> dict[str, Any]:
    """What the params.yaml that makes a trial says of it; `name` is how to call it."""
    try:
        values = YAML(typ="safe").load(text)
        if not isinstance(values["profiles"][values["profile"]], Mapping):
            raise TypeError("its profile holds no values")
        outlining = values["recipes"][values["recipe"]]["outlining"]
        return {"values": values, "training_stride": outlining["output_stride"]}
    except (YAMLError, KeyError, TypeError) as error:
        why = " ".join(str(error).split())
        raise InputError(f"{name} is no params.yaml of a trial ({why})") from error


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error


def _trial(
    files: Mapping[str, Files],
    settings: Mapping[str, dict[str, Any]],
    facts: Mapping[str, Any],
    texture: Mapping[str, Any],
    texture_scores: Path | None,
) -> Trial:
    rows = _scores({row: of.scores for row, of in files.items()})
    validation = _scores({row: of.validation for row, of in files.items()})
    for row, of in files.items():
        if of.heat and of.heat.exists():
            rows[row] = with_focus(rows[row], of.heat)
        if texture_scores and texture_scores.exists():
            rows[row] = with_texture(rows[row], texture_scores)
    return Trial(
        **facts,
        rows=rows,
        validation=validation,
        settings=settings,
        histories={r: read_table(of.history) for r, of in files.items() if of.history.exists()},
        heat_controls={
            row: read_heat_control(of.control)
            for row, of in files.items()
            if of.control and of.control.exists()
        },
        texture=texture,
    )


def _scores(paths: Mapping[str, Path]) -> Tables:
    tables = {row: read_scores(path) for row, path in paths.items()}
    require_same_images(tables, paths)
    for row, table in tables.items():
        require_sound(row, table, paths[row])
    return tables


RUN_IT = "run it (dvc repro), or take it out of"


def _require(files: Mapping[str, Files], remedy: str = RUN_IT) -> None:
    for row, of in files.items():
        for path in (of.scores, of.validation):
            if not path.exists():
                raise InputError(f"row {row} has no {path}; {remedy} the table")


def _shared(settings: Mapping[str, dict[str, Any]], folder: Path) -> dict[str, Any]:
    """What all row.json agree on; rows of another seed or data do not belong in one table."""
    facts = {
        row: _facts(about, folder / row / SETTINGS, [*SHARED]) for row, about in settings.items()
    }
    first = next(iter(facts))
    for row, ours in facts.items():
        for name in SHARED:
            if ours[name] != facts[first][name]:
                raise InputError(
                    f"row {row} ({folder / row}) has {name} {ours[name]}, but row {first} has "
                    f"{facts[first][name]}; run the rows anew"
                )
    return facts[first]


def _facts(about: Mapping[str, Any], path: Path, names: Sequence[str]) -> dict[str, Any]:
    absent = [name for name in names if name not in about]
    if absent:
        raise InputError(f"{path} lacks {', '.join(absent)}")
    return {name: about[name] for name in names}


def _order(fold: int | None) -> int:
    return -1 if fold is None else fold
