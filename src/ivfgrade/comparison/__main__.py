"""Table 1, ledger and ladder again, from the per-image predictions of committed results.

python -m ivfgrade.comparison RESULTS OUT
"""

from pathlib import Path

import typer

from ivfgrade.atomic import require_folder
from ivfgrade.comparison.kept_scheme import Grading, kept_scheme
from ivfgrade.comparison.read_trials import read_results
from ivfgrade.comparison.records import read_study
from ivfgrade.comparison.study import study_of
from ivfgrade.comparison.write import write_comparison
from ivfgrade.errors import one_line
from ivfgrade.evaluation.bootstrap import Bootstrap


def main(results: Path, out: Path, grading: Grading = None) -> None:
    with one_line():
        require_folder(out)
        about = read_study(results / "study.json")
        bootstrap = Bootstrap(**about["bootstrap"])
        scheme = kept_scheme(results, grading)
        study = study_of(read_results(results), scheme, bootstrap, about["data"])
        print(write_comparison(study, out))


if __name__ == "__main__":
    typer.run(main)
