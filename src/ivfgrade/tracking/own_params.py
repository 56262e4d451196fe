"""Of all parameters those that a training stage declares in dvc.yaml.

A training run lives as long as its stage's inputs stay the same. A parameter of another stage may
change meanwhile: shown here, it would be stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ivfgrade.inputs import PARAMS, PIPELINE, interpolate

NAMES = ("profile.name", "recipe.name", "data.root")  # what the run is called after


def own_params(stage: str, params: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """`params` are all flat values; without a stage of this name in dvc.yaml they stay as given."""
    if not (root / PIPELINE).exists():
        return dict(params)
    yaml = YAML(typ="safe")
    stages = yaml.load((root / PIPELINE).read_text())["stages"]
    if stage not in stages:
        return dict(params)
    declared = interpolate(stages[stage].get("params", []), yaml.load((root / PARAMS).read_text()))
    prefixes = (*NAMES, *map(flat_name, declared))
    return {k: v for k, v in params.items() if f"{k}.".startswith(tuple(f"{p}." for p in prefixes))}


def flat_name(declared: str) -> str:
    """recipes.plus.pretrain, as in params.yaml -> recipe.pretrain, as the runs name it."""
    table, _, rest = declared.partition(".")
    if table in ("profiles", "recipes"):
        return ".".join([table.removesuffix("s"), *rest.split(".")[1:]])
    return declared
