"""Of all parameters those that a training stage declares in dvc.yaml.

A training run lives as long as its stage's inputs stay the same. A parameter of another stage may
change meanwhile: shown here, it would be stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ivfgrade.errors import InputError
from ivfgrade.inputs import PARAMS, declaration

NAMES = ("profile.name", "recipe.name", "data.root")  # what the run is called after


def own_params(stage: str, params: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """`params` are all flat values; without a declared stage of this name they stay as given."""
    try:
        written = YAML(typ="safe").load((root / PARAMS).read_text())
        declared = declaration(stage, root, written).get("params", [])
    except (InputError, OSError):
        return dict(params)
    prefixes = (*NAMES, *map(flat_name, declared))
    return {k: v for k, v in params.items() if f"{k}.".startswith(tuple(f"{p}." for p in prefixes))}


def flat_name(declared: str) -> str:
    """recipes.plus.pretrain, as in params.yaml -> recipe.pretrain, as the runs name it; a row of
    the table of experiments is `row`, so that the rows have the same columns."""
    table, _, rest = declared.partition(".")
    if table in ("profiles", "recipes"):
        return ".".join([table.removesuffix("s"), *rest.split(".")[1:]])
    return "row" if table == "experiments" else declared
