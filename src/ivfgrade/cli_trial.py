"""`ivfgrade trial`: the whole table once more, with other values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivfgrade.errors import InputError, one_line


def trial(
    home: Annotated[
        Path, typer.Argument(help="Where the predictions go: results/<study>/<trial>.")
    ],
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A value of params.yaml; repeatable."),
    ] = None,
    rows: Annotated[
        str, typer.Option(metavar="A,C,D", help="Rows of the table; if not given, all.")
    ] = "",
) -> None:
    """Run pipeline and table in a checkout of their own; the same command again resumes."""
    with one_line():
        from ivfgrade.trial_run import TrialRun, run_trial

        names = [name.strip() for name in rows.split(",") if name.strip()]
        run_trial(TrialRun(Path.cwd(), home, assignments(values or []), names))
        print(
            f"Predictions: {home}   Table of all trials there: "
            f"python -m ivfgrade.comparison {home.parent} OUT"
        )


def assignments(texts: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in map(assignment, texts):
        if name in found:
            raise InputError(f"--set names {name} twice; give it one value")
        found[name] = value
    return found


def assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set {text} must be NAME=VALUE, as in training_seed=3")
    try:
        return name.strip(), YAML(typ="safe").load(value)
    except YAMLError:
        raise InputError(f"--set {text}: the value is not valid YAML") from None
