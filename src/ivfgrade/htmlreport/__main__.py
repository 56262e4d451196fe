"""The page's figures again, from committed results: ratios, learning curves, gradient conflict.

python -m ivfgrade.htmlreport RESULTS OUT
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.atomic import require_folder
from ivfgrade.comparison.files import SCHEME
from ivfgrade.comparison.read_trials import homes_in
from ivfgrade.errors import InputError, one_line
from ivfgrade.grading import load_scheme
from ivfgrade.htmlreport.kept import rows_kept_in
from ivfgrade.htmlreport.plots import write_plots


def main(
    results: Path,
    out: Path,
    grading: Annotated[
        Path | None, typer.Option(help="in place of the scheme that was kept with the results")
    ] = None,
) -> None:
    with one_line():
        require_folder(out)
        scheme = load_scheme(grading or results / SCHEME)
        homes = homes_in(results)
        if not homes:
            raise InputError(f"{results} holds no kept trial, so there is nothing to draw")
        for home in homes:
            for path in write_plots(rows_kept_in(home), scheme, out / home.name):
                print(path)


if __name__ == "__main__":
    typer.run(main)
