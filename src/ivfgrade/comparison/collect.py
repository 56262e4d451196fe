"""Keep a trial of the pipeline for good: its per-image tables in one folder, as text.

python -m ivfgrade.comparison.collect EXPERIMENTS RESULTS/<trial> [--texture DIR] [--focus DIR]
    [--provenance DIR]
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from ivfgrade.atomic import read_json, replaced, write_json
from ivfgrade.comparison.trials import read_experiments, shared_facts
from ivfgrade.errors import InputError, one_line
from ivfgrade.params import Params, load_params

NAMELESS = ("host",)  # of a provenance file: results are public, computers' names are not


def collect(
    experiments: Path,
    home: Path,
    texture: Path | None = None,
    focus: Path | None = None,
    provenance: Path | None = None,
) -> None:
    """`home` gets <row>.csv, history/, focus/, texture.json and trial.json, or stays as it is."""
    (trial,) = read_experiments(experiments, texture, focus)  # refuses what cannot be compared
    rows = list(trial.rows)
    with replaced(home) as kept:
        _copy({experiments / row / "per_image.csv": kept / f"{row}.csv" for row in rows})
        _copy({experiments / r / "history.csv": kept / "history" / f"{r}.csv" for r in rows})
        if focus:
            _copy({focus / r / "per_image.csv": kept / "focus" / f"{r}.csv" for r in rows})
        if texture:
            _copy({texture / "metrics.json": kept / "texture.json"})
        settings = {row: read_json(experiments / row / "row.json") for row in rows}
        about = {**shared_facts(trial), "rows": settings, "provenance": _origins(provenance)}
        write_json(kept / "trial.json", about)


def _origins(folder: Path | None) -> dict[str, Any]:
    """Stage -> when, from which commit and on what machine it ran, by all provenance files."""
    found = [read_json(path) for path in sorted(folder.rglob("*.json"))] if folder else []
    return {
        str(origin["stage"]): {k: v for k, v in origin.items() if k not in NAMELESS}
        for origin in found
    }


def _copy(files: Mapping[Path, Path]) -> None:
    for source, target in files.items():
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def write_study(results: Path, params: Params) -> None:
    """What all trials of a study share: its data's name, and how it is resampled."""
    samples, confidence = params.evaluate.bootstrap_samples, params.evaluate.confidence
    bootstrap = {"samples": samples, "confidence": confidence, "seed": params.seed}
    about = {"data": Path(params.data.root).name, "bootstrap": bootstrap}
    home = results / "study.json"
    if home.exists() and read_json(home) != about:
        raise InputError(f"{home} is of another study; keep this trial in another folder")
    write_json(home, about)


def main(
    experiments: Path,
    home: Path,
    texture: Path | None = None,
    focus: Path | None = None,
    provenance: Path | None = None,
) -> None:
    with one_line():
        write_study(home.parent, load_params())
        collect(experiments, home, texture, focus, provenance)


if __name__ == "__main__":
    typer.run(main)
