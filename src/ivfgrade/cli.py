"""The console command `ivfgrade`, for people; the stages of dvc.yaml do not go through it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade import (
    cli_evaluate,
    cli_predict,
    cli_read,
    cli_recalibrate,
    cli_registry,
    cli_tracking,
    cli_trial,
    cli_verify,
)
from ivfgrade.dataset.check import check, write_report
from ivfgrade.errors import InputError, one_line
from ivfgrade.grading import load_scheme
from ivfgrade.params import load_params

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
data = typer.Typer(no_args_is_help=True, help="Look at a data set.")
app.add_typer(data, name="data")
app.add_typer(cli_registry.registry, name="registry")
app.command()(cli_evaluate.evaluate)
app.command()(cli_predict.predict)
app.command()(cli_read.read)
app.command()(cli_trial.trial)
app.command()(cli_verify.verify)
app.command()(cli_recalibrate.recalibrate)
app.command()(cli_tracking.track)
app.command()(cli_tracking.ui)


@app.callback()
def ivfgrade() -> None:
    """Outline the fragments of cleavage-stage embryos, measure their share and grade it."""


@app.command("params")
def params_check(
    file: Annotated[Path, typer.Argument(help="The file to read.")] = Path("params.yaml"),
) -> None:
    """Say whether params.yaml is right: an unknown, missing or impossible value is named."""
    with one_line():
        values = load_params(file)
        load_scheme(Path(values.data.grading))
        typer.echo(f"{file} is right: profile {values.profile}, recipe {values.recipe}")


@data.command("check")
def data_check(
    folder: Annotated[Path, typer.Argument(help="Holds images/, labels.csv, masks/, embryo/.")],
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON, too.")] = None,
    params: Annotated[Path, typer.Option(help="Names the grading scheme.")] = Path("params.yaml"),
) -> None:
    """List every problem of a data set, by file and reason; exit code 1 if there is any."""
    with one_line():
        values = load_params(params)
        scheme = load_scheme(Path(values.data.grading))
        found = check(folder, scheme, values.split, values.seed)
        typer.echo(found.text())
        if report is not None:
            write_report(found, report)
        if found.problems:
            count = len(found.problems)
            raise InputError(f"{folder} has {count} problem{'s' * (count > 1)}, listed above")
