"""`ivfgrade verify`: whether a bundle is the one that was handed over, and works here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.errors import InputError, one_line


def verify(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    digest: Annotated[
        str | None, typer.Option(help="SHA-256 of its SHA256SUMS, as the export printed it.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "cpu",
) -> None:
    """Check a bundle's files, contract, samples and speed, as its own verify.py does.

    Runs the installed code and none of the bundle's, so that a bundle cannot speak for itself.
    """
    with one_line():
        from ivfgrade.bundle import checks, manifest, seal
        from ivfgrade.bundle.verify import WORKS, unchanged

        try:
            sums = seal.check(bundle, digest)
        except seal.BrokenSeal as error:
            raise InputError(f"{bundle}: {error}") from error
        typer.echo(unchanged(sums, digest))
        for line in checks.checked(bundle, manifest.read(bundle), sums, device):
            typer.echo(line)
        typer.echo(WORKS)
