"""`ivfgrade read`: a page on which a person reads pictures before seeing the model's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.errors import one_line

PAGE = "reading.html"
MEGABYTE = 1e6


def read(
    folder: Annotated[Path, typer.Argument(help="Where ivfgrade predict wrote its answers.")],
    out: Annotated[
        Path | None, typer.Option(help=f"The page; if not given, {PAGE} in the folder.")
    ] = None,
) -> None:
    """Write one page, for one browser, with all pictures of a run: each is read first, then the
    model's answer to it is shown. Readings stay in the browser until they are exported as CSV.

    The page holds pictures and answers: pass it on as you would pass on the pictures.
    """
    with one_line():
        from ivfgrade.reading.folder import run_in  # pictures and contours take a second to load
        from ivfgrade.reading.write import write_page

        page = out or folder / PAGE
        written = write_page(folder, run_in(folder), page)
        if written.missing:
            typer.echo(f"{written.missing} of the pictures cannot be shown; the page says why")
        size = written.bytes / MEGABYTE
        typer.echo(f"{page}: {written.pictures} pictures, {size:.1f} MB; open it in a browser")
