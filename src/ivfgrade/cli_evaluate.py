"""`ivfgrade evaluate`: try a trained model, as it is, on a folder that it was not trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.errors import one_line
from ivfgrade.params import load_params


def evaluate(
    folder: Annotated[Path, typer.Argument(help="Holds images/, labels.csv, masks/, embryo/.")],
    out: Annotated[Path, typer.Argument(help="Where the report goes: numbers, tables, figures.")],
    model: Annotated[Path, typer.Option(help="The trained model.")] = Path("models/finetune"),
    trained_on: Annotated[
        Path, typer.Option(help="The prepared data of the training, for the baselines.")
    ] = Path("data/processed"),
    params: Annotated[Path, typer.Option(help="Names scheme and sizes.")] = Path("params.yaml"),
) -> None:
    """Measure a trained model on all labelled images of a folder, without training anything."""
    with one_line():
        values = load_params(params)
        from ivfgrade.elsewhere import Trained, evaluate_folder  # torch takes seconds to load

        print(evaluate_folder(folder, out, Trained(model, trained_on), values))
        print(f"The report is in {out}")
