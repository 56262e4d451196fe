"""Trials as they were written: by the pipeline, or by who kept them. `files` says where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ivfgrade.atomic import read_json
from ivfgrade.comparison.consistency import require_same_images
from ivfgrade.comparison.files import (
    TRIAL,
    VALUES,
    Files,
    TextureFiles,
    kept_in,
    left_by_pipeline,
    texture_kept_in,
    texture_left_in,
)
from ivfgrade.comparison.identity import Identity
from ivfgrade.comparison.kept_values import Values, read_values, stride_of
from ivfgrade.comparison.records import (
    SHARED,
    Record,
    read_heat_control,
    read_texture,
    read_trial,
    require,
    require_keys,
    require_setting,
)
from ivfgrade.comparison.sound import require_sound
from ivfgrade.comparison.tables import read_scores, read_table, with_focus, with_texture
from ivfgrade.comparison.trials import Tables, Trial
from ivfgrade.errors import InputError
from ivfgrade.row_files import SETTINGS

Settings = Mapping[str, Record]  # row -> its row.json


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
    require_scores(files, "run it (dvc repro), or take it out of the table")
    settings = {row: read_json(folder / row / SETTINGS) for row in rows}
    about = _said_by_all(settings, folder)
    measured = texture_left_in(texture) if texture else None
    return [_trial(_identity(about, settings, {}), about, training_stride, files, measured)]


def read_results(folder: Path) -> list[Trial]:
    """The committed trials, by seed and fold. Whether they are of one study is asked by `Study`."""
    trials = [_read_home(home) for home in homes_in(folder)]
    if not trials:
        raise InputError(f"{folder} holds no <trial>/{TRIAL}")
    return sorted(trials, key=lambda trial: (trial.training_seed, _order(trial.fold)))


def homes_in(folder: Path) -> list[Path]:
    """Of the kept trials, without the dotted folders that a killed run leaves half filled."""
    found = sorted(folder.glob(f"*/{TRIAL}"))
    return [path.parent for path in found if not path.parent.name.startswith(".")]


def kept_identity(home: Path) -> Identity:
    """Of a kept trial, without reading its tables."""
    return _identity_in(home, read_trial(home / TRIAL))


def _read_home(home: Path) -> Trial:
    about = read_trial(home / TRIAL)
    identity = _identity_in(home, about)
    stride = stride_of(identity.values) if identity.values else None
    files = {row: kept_in(home, row) for row in identity.settings}
    require_scores(files)
    texture = texture_kept_in(home)
    return _trial(identity, about, stride, files, texture if texture.measures.exists() else None)


def _identity_in(home: Path, about: Record) -> Identity:
    settings = {row: about["rows"][row] for row in about["order"]}
    values = home / VALUES
    return _identity(about, settings, read_values(values) if values.exists() else {})


def _identity(about: Record, settings: Settings, values: Values) -> Identity:
    return Identity(
        training_seed=about["training_seed"],
        fold=about["fold"],
        profile=about["profile"],
        recipe=about["recipe"],
        data_digest=about["data_digest"],
        values=values,
        settings=settings,
    )


def _trial(
    identity: Identity,
    about: Record,
    training_stride: int | None,
    files: Mapping[str, Files],
    texture: TextureFiles | None,
) -> Trial:
    return Trial(
        identity=identity,
        verdicts=about["verdicts"],
        rows=_test_scores(files, texture),
        validation=_comparable({row: of.validation for row, of in files.items()}),
        training_stride=training_stride,
        histories={r: read_table(of.history) for r, of in files.items() if of.history.exists()},
        heat_controls=_heat_controls(files),
        texture=read_texture(texture.measures) if texture else {},
    )


def _test_scores(files: Mapping[str, Files], texture: TextureFiles | None) -> Tables:
    """With where the networks looked and what texture alone tells, where that was measured."""
    tables = _comparable({row: of.scores for row, of in files.items()})
    for row, of in files.items():
        if of.heat and of.heat.exists():
            tables[row] = with_focus(tables[row], of.heat)
        if texture and texture.scores.exists():
            tables[row] = with_texture(tables[row], texture.scores)
    return tables


def _comparable(paths: Mapping[str, Path]) -> Tables:
    tables = {row: read_scores(path) for row, path in paths.items()}
    require_same_images(tables, paths)
    for row, table in tables.items():
        require_sound(row, table, paths[row])
    return tables


def _heat_controls(files: Mapping[str, Files]) -> dict[str, dict[str, Any]]:
    found = {row: of.control for row, of in files.items() if of.control and of.control.exists()}
    return {row: read_heat_control(path) for row, path in found.items()}


def require_scores(
    files: Mapping[str, Files], remedy: str = "keep it anew, or take it out of the table"
) -> None:
    for row, of in files.items():
        for path in (of.scores, of.validation):
            if not path.exists():
                raise InputError(f"row {row} has no {path}; {remedy}")


def _said_by_all(settings: Settings, folder: Path) -> Record:
    """What all row.json agree on; rows of another seed or data do not belong in one table."""
    for row, ours in settings.items():
        path = folder / row / SETTINGS
        require_setting(ours, path)
        require_keys(ours, path, SHARED)
    first, theirs = next(iter(settings.items()))
    for row, ours in settings.items():
        for name in SHARED:
            if ours[name] != theirs[name]:
                raise InputError(
                    f"row {row} ({folder / row}) has {name} {ours[name]}, but row {first} has "
                    f"{theirs[name]}; run the rows anew"
                )
    return require(theirs, folder / first / SETTINGS, SHARED)


def _order(fold: int | None) -> int:
    return -1 if fold is None else fold
