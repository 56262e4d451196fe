"""Look at the whole data set before anything is built from it.

python -m pipeline.check ROOT REPORT
"""

from pathlib import Path

import typer

from ivfgrade.dataset.check import check, write_report
from ivfgrade.errors import one_line
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params


def main(root: Path, report: Path) -> None:
    with one_line(), guarded("check") as stage:
        params = load_params()
        scheme = load_scheme(Path(params.data.grading))
        found = check(root, scheme, params.split, params.seed)
        found.require(params.data.on_bad)
        typer.echo(found.text())
        stage.require_unedited()
        write_report(found, report)


if __name__ == "__main__":
    typer.run(main)
