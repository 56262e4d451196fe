"""Table 1, ledger and ladder again, from the per-image predictions of committed results.

python -m ivfgrade.comparison RESULTS OUT
"""

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.atomic import require_folder
from ivfgrade.comparison.files import SCHEME
from ivfgrade.comparison.read_trials import read_results
from ivfgrade.comparison.records import read_study
from ivfgrade.comparison.study import study_of
from ivfgrade.comparison.write import write_comparison
from ivfgrade.errors import one_line
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import load_scheme


def main(
    results: Path,
    out: Path,
    grading: Annotated[
        Path | None, typer.Option(help="in place of the scheme that was kept with the results")
    ] = None,
) -> None:
    with one_line():
        require_folder(out)
        about = read_study(results / "study.json")
        bootstrap = Bootstrap(**about["bootstrap"])
        scheme = load_scheme(grading or results / SCHEME)
        study = study_of(read_results(results), scheme, bootstrap, about["data"])
        print(write_comparison(study, out))


if __name__ == "__main__":
    typer.run(main)
