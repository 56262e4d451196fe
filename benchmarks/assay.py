"""The figures of an assay once more, from its raw answers and the interval's confidence.

python -m benchmarks.assay results/assay/ivfgrade-D/answers.csv
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import typer

from ivfgrade.atomic import read_json
from ivfgrade.bundle.assay import assay
from ivfgrade.bundle.assay_text import told
from ivfgrade.errors import InputError, one_line
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import load_scheme
from ivfgrade.params import load_params


def main(answers: Path) -> None:
    with one_line():
        params = load_params()
        by = Bootstrap(params.evaluate.bootstrap_samples, params.evaluate.confidence, params.seed)
        scheme = load_scheme(Path(params.data.grading))
        interval = read_json(answers.with_name("assay.json"))["interval"]
        print(told(assay(read_answers(answers), scheme, interval, by)))


def read_answers(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, keep_default_na=False, na_values={"truth": [""]})  # none is no NaN
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no table of answers ({error}); run make assay") from error


if __name__ == "__main__":
    typer.run(main)
