"""dvc.yaml as it stands in the project: its stages, with what params.yaml fills in, and outputs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ivfgrade.inputs import interpolate

PROJECT = Path(__file__).resolve().parents[2]
LIBRARY = PROJECT / "src"
STAGES = [
    "synthesize",
    "check",
    "preprocess",
    "pretrain",
    "finetune",
    "evaluate",
    "export",
    "track",
]


@cache
def load(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load((PROJECT / name).read_text())


@cache
def declared(stage: str) -> dict[str, Any]:
    return interpolate(load("dvc.yaml")["stages"][stage], load("params.yaml"))


def output_paths(stage: str) -> list[Path]:
    entries = declared(stage)["outs"]
    return [Path(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries]


def module_file(module: str) -> Path | None:
    path = LIBRARY.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.exists()), None)
