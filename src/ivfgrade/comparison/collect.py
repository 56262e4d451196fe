"""Keep a trial of the pipeline for good: its per-image tables in one folder, as text, with the
values that made it.

python -m ivfgrade.comparison.collect EXPERIMENTS RESULTS/<trial> [--texture DIR] [--focus DIR]
    [--provenance DIR]
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import typer

from ivfgrade.atomic import replaced, write_json, write_text
from ivfgrade.comparison.files import (
    SCHEME,
    TEXTURE,
    TEXTURE_SCORES,
    TRIAL,
    VALUES,
    Files,
    TextureFiles,
    kept_in,
    left_by_pipeline,
    require_can_be_kept,
    texture_kept_in,
    texture_left_in,
)
from ivfgrade.comparison.made_by import require_made_by
from ivfgrade.comparison.read_trials import read_experiments
from ivfgrade.comparison.records import SHARED, read_origin
from ivfgrade.comparison.trials import Trial
from ivfgrade.errors import InputError, one_line
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import PARAMS
from ivfgrade.params import Params, load_params

NAMELESS = ("host",)  # of a provenance file: results are public, computers' names are not


def collect(
    experiments: Path,
    home: Path,
    texture: Path | None = None,
    focus: Path | None = None,
    provenance: Path | None = None,
) -> None:
    """Fill `home`, or leave it as it is; the folder above says what its trials share."""
    params = load_params(Path(PARAMS))
    rows = list(params.experiments.models)
    require_can_be_kept(rows)
    (trial,) = read_experiments(experiments, rows, texture, focus)  # refuses what does not compare
    _require_its_params(trial, params)
    keep_study(home.parent, params)
    with replaced(home) as kept:
        for row in rows:
            _copy_all(left_by_pipeline(experiments, focus, row), kept_in(kept, row))
        if texture:
            _copy_all(texture_left_in(texture), texture_kept_in(kept))
        _copy(Path(PARAMS), kept / VALUES)
        origins = _origins(provenance, rows)
        about = {"order": rows, "rows": trial.settings, "provenance": origins}
        write_json(kept / TRIAL, {**_said_by_all(trial), **about})
        lacking = without(kept, rows, origins)
    print(f"kept {home}" + (f", without {'; '.join(lacking)}" if lacking else ""))


def without(kept: Path, rows: Sequence[str], origins: Mapping[str, Any]) -> list[str]:
    """The optional parts that a kept trial does not have, in words."""
    files = {row: kept_in(kept, row) for row in rows}
    silent = [row for row, of in files.items() if not of.history.exists()]
    looked = [row for row, of in files.items() if of.heat and of.heat.exists()]
    return [
        *([f"history of {', '.join(silent)}"] if silent else []),
        *([] if looked else ["focus"]),
        *([] if (kept / TEXTURE).exists() else ["texture"]),
        *([] if (kept / TEXTURE_SCORES).exists() else ["texture per image"]),
        *([] if origins else ["provenance"]),
    ]


def _require_its_params(trial: Trial, params: Params) -> None:
    """The values that are kept with a trial are those that made it."""
    for name, ours in (
        ("training_seed", params.training_seed),
        ("fold", params.split.fold),
        ("profile", params.profile),
        ("recipe", params.recipe),
    ):
        theirs = getattr(trial.identity, name)
        if ours != theirs:
            raise InputError(
                f"{PARAMS} has {name} {ours}, but the rows were made with {theirs}; "
                "run the table anew or set it back"
            )
    require_made_by(params, trial.settings)


def _origins(folder: Path | None, rows: Sequence[str]) -> dict[str, Any]:
    """Stage -> when, from which commit and on what machine it ran. A stage of a row that is not in
    the table, such as learn@<row>, is left out."""
    found = [read_origin(path) for path in sorted(folder.rglob("*.json"))] if folder else []
    return {
        str(origin["stage"]): {k: v for k, v in origin.items() if k not in NAMELESS}
        for origin in found
        if str(origin["stage"]).partition("@")[2] in ("", *rows)
    }


def _said_by_all(trial: Trial) -> dict[str, Any]:
    """What every row.json says of the trial."""
    said = {**vars(trial.identity), "verdicts": trial.verdicts}
    return {name: said[name] for name in SHARED}


def _copy_all(ours: Files | TextureFiles, theirs: Files | TextureFiles) -> None:
    for source, target in zip(astuple(ours), astuple(theirs), strict=True):
        _copy(source, target)


def _copy(source: Path | None, target: Path) -> None:
    if source and source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def keep_study(results: Path, params: Params) -> None:
    """What all trials of a study share: its data's name, how it is resampled, its grades."""
    samples, confidence = params.evaluate.bootstrap_samples, params.evaluate.confidence
    bootstrap = {"samples": samples, "confidence": confidence, "seed": params.seed}
    about = {"data": Path(params.data.root).name, "bootstrap": bootstrap}
    grading = Path(params.data.grading)
    load_scheme(grading)  # refuses what is none
    texts = {
        results / "study.json": json.dumps(about, indent=2, sort_keys=True) + "\n",
        results / SCHEME: grading.read_text(),
    }
    for path, text in texts.items():
        if path.exists() and path.read_text() != text:
            raise InputError(f"{path} is of another study; keep this trial in another folder")
    for path, text in texts.items():
        write_text(path, text)


if __name__ == "__main__":
    with one_line():
        typer.run(collect)
