"""Turn raw images and labels into letterboxed arrays with a split.

python -m pipeline.preprocess ROOT CHECK_REPORT OUT PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.atomic import replaced
from ivfgrade.dataset.build import BuildParams, build_arrays
from ivfgrade.dataset.check import read_report
from ivfgrade.dataset.contract import read_contract
from ivfgrade.errors import one_line
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params


def main(root: Path, check_report: Path, out: Path, provenance: Path) -> None:
    with one_line(), guarded("preprocess", provenance) as stage:
        params = load_params()
        scheme = load_scheme(Path(params.data.grading))
        report = read_report(check_report, root)
        contract = read_contract(root, scheme).without(report.quarantined)
        twins = [(pair.first, pair.second) for pair in report.twins]
        size = BuildParams(params.image.size, params.split, params.seed)
        with replaced(out) as partial:
            build_arrays(contract, scheme, twins, size, partial)
            stage.require_unedited()


if __name__ == "__main__":
    typer.run(main)
