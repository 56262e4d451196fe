"""The pipelines as they stand in the project: stages, what params.yaml fills in, and outputs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ivfgrade.inputs import PIPELINES, declaration

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
    "calibrants",
    "deployable",
    "variants",
    "bundle",
    "track",
]
BESIDES = ["assayed", "assay", "deployable_dual", "variants_dual", "bundle_dual"]  # other files
# Of experiments/dvc.yaml, with one row of each stage that is repeated.
TABLE = [
    "learn@C",
    "freeze@D_literal",
    "judge@C",
    "focus@C",
    "texture",
    "compare",
    "report",
    "track_rows",
]


@cache
def load(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load((PROJECT / name).read_text())


@cache
def declared(stage: str) -> dict[str, Any]:
    return declaration(stage, PROJECT, load("params.yaml"))


def written(stage: str) -> dict[str, Any]:
    """As the file has it, with nothing filled in."""
    name = stage.partition("@")[0]
    found = next(load(file)["stages"][name] for file in PIPELINES if name in load(file)["stages"])
    return found.get("do", found)


def script(stage: str) -> Path:
    """As its command names it: a stage of the pair runs the script of the single one."""
    return PROJECT / f"{declared(stage)['cmd'].split()[2].replace('.', '/')}.py"


def output_paths(stage: str) -> list[Path]:
    entries = declared(stage)["outs"]
    return [Path(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries]


def module_file(module: str) -> Path | None:
    path = LIBRARY.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.exists()), None)
