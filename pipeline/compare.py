"""Compare the rows of Table 1 on the same test images: table, claims, ladder, stability.

python -m pipeline.compare EXPERIMENTS OUT PROVENANCE [--texture DIR] [--focus DIR]
"""

from pathlib import Path

import typer

from ivfgrade.comparison.read_trials import read_experiments
from ivfgrade.comparison.study import study_of
from ivfgrade.comparison.write import write_comparison
from ivfgrade.errors import one_line
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params


def main(
    experiments: Path,
    out: Path,
    provenance: Path,
    texture: Path | None = None,
    focus: Path | None = None,
) -> None:
    with one_line(), guarded("compare", provenance):
        params = load_params()
        samples, confidence = params.evaluate.bootstrap_samples, params.evaluate.confidence
        bootstrap = Bootstrap(samples, confidence, params.seed)
        rows = list(params.experiments.models)
        stride = params.active_recipe.outlining.output_stride
        trials = read_experiments(experiments, rows, texture, focus, stride)
        scheme = load_scheme(Path(params.data.grading))
        study = study_of(trials, scheme, bootstrap, Path(params.data.root).name)
        print(write_comparison(study, out))


if __name__ == "__main__":
    typer.run(main)
