"""`ivfgrade registry`: bundles in MLflow's model registry, and archives scored with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ivfgrade.errors import InputError, one_line
from ivfgrade.tracking import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

registry = typer.Typer(no_args_is_help=True, help="Bundles in MLflow's model registry.")
Name = Annotated[str, typer.Option(help="Of the registered model.")]


@registry.command()
def register(
    bundle: Annotated[Path, typer.Argument(help="Its folder.")],
    name: Name = "ivfgrade",
    digest: Annotated[
        str | None, typer.Option(help="Of SHA256SUMS, as the export said it.")
    ] = None,
) -> None:
    """Make a bundle a version of the model, and its candidate; the same bundle is none again."""
    with one_line(), connected() as client:
        from ivfgrade.registry.register import register

        number = register(client, Path.cwd(), bundle, name, digest)
        print(f"{name} version {number} is the candidate: models:/{name}@candidate")


@registry.command()
def promote(
    name: Name = "ivfgrade",
    tolerance: Annotated[
        float, typer.Option(min=0, help="By how much a metric may become worse.")
    ] = 0.0,
) -> None:
    """Make the candidate champion if no metric became worse, measured on the same images."""
    with one_line(), connected() as client:
        from ivfgrade.registry.promote import promote

        done = promote(client, name, tolerance)
        for line in done.compared:
            print(line)
        instead = f", instead of version {done.before.number}" if done.before else ""
        print(f"{name} version {done.version.number} is the champion{instead}: "
              f"models:/{name}@champion")  # fmt: skip


@registry.command("list")
def list_versions(name: Name = "ivfgrade") -> None:
    """The versions, the latest first: number, aliases, digest of the bundle."""
    with one_line(), connected() as client:
        from ivfgrade.registry.versions import versions

        found = versions(client, name)
        if not found:
            raise InputError(f"there is no model {name}; ivfgrade registry register BUNDLE")
        for one in found:
            print(f"{one.number:4}  {', '.join(one.aliases) or '-':20}  {one.digest}")


@registry.command()
def score_archive(
    model_uri: Annotated[str, typer.Argument(help="As in models:/ivfgrade@champion.")],
    pictures: Annotated[Path, typer.Argument(help="A folder, with all that is below it.")],
    out: Annotated[Path, typer.Argument(help="A new folder, for Parquet.")],
    workers: Annotated[int, typer.Option(min=1, help="Cores of this machine to use.")] = 1,
    master: Annotated[str, typer.Option(help="Address of a Spark cluster, if there is one.")] = "",
) -> None:
    """Answer for each picture of an archive, with Spark."""
    with one_line(), connected():
        from ivfgrade.registry.archive import score, spark_session

        if not pictures.is_dir():
            raise InputError(f"{pictures} is no folder of pictures")
        if out.exists():
            raise InputError(f"{out} exists; name a new folder")
        with spark_session(master or f"local[{workers}]") as spark:
            count = score(spark, model_uri, pictures.resolve(), out.resolve())
        print(f"{count} answers: {out}")


@contextmanager
def connected() -> Iterator[MlflowClient]:
    root = Path.cwd()
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        client = store.connect(root, store.ASKED)
    except Exception as error:  # each kind of store, and its driver, has errors of its own
        told = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"MLflow at {store.tracking_uri(root)} cannot be had ({told}); set MLFLOW_TRACKING_URI "
            "to a store that can be"
        ) from error
    from mlflow.exceptions import MlflowException

    try:
        yield client
    except MlflowException as error:
        raise InputError(f"MLflow says: {str(error).splitlines()[0]}") from error
