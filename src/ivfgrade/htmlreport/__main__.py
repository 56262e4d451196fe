"""The page's figures again, from committed results: ratios, learning curves, gradient conflict.

python -m ivfgrade.htmlreport RESULTS OUT
"""

from __future__ import annotations

from pathlib import Path

import typer

from ivfgrade.atomic import require_folder
from ivfgrade.comparison.kept_scheme import Grading, kept_scheme
from ivfgrade.comparison.read_trials import homes_in
from ivfgrade.errors import InputError, one_line
from ivfgrade.htmlreport.kept import rows_kept_in
from ivfgrade.htmlreport.plots import write_plots


def main(results: Path, out: Path, grading: Grading = None) -> None:
    with one_line():
        require_folder(out)
        scheme = kept_scheme(results, grading)
        homes = homes_in(results)
        if not homes:
            raise InputError(f"{results} holds no kept trial, so there is nothing to draw")
        for home in homes:
            for path in write_plots(rows_kept_in(home), scheme, out / home.name):
                print(path)


if __name__ == "__main__":
    typer.run(main)
