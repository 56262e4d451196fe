"""Table 1, ledger and ladder again, from the per-image predictions of committed results.

python -m ivfgrade.comparison RESULTS OUT
"""

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.atomic import read_json
from ivfgrade.comparison.study import study_of
from ivfgrade.comparison.trials import read_results
from ivfgrade.comparison.write import write_comparison
from ivfgrade.errors import one_line
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import load_scheme

SCHEME = Path("grading/s1-abcd.yaml")


def main(
    results: Path,
    out: Path,
    grading: Annotated[
        Path, typer.Option(help="the scheme that the predictions were graded by")
    ] = SCHEME,
) -> None:
    with one_line():
        about = read_json(results / "study.json")
        bootstrap = Bootstrap(**about["bootstrap"])
        study = study_of(read_results(results), load_scheme(grading), bootstrap, about["data"])
        print(write_comparison(study, out))


if __name__ == "__main__":
    typer.run(main)
