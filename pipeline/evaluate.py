"""Judge the trained model on the test split: metrics with intervals, tables, pictures.

python -m pipeline.evaluate DATA MODEL PHASE_1 OUT PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.evaluation.report import table, write_report
from ivfgrade.evaluation.trial import Folders, Setting, hold_trial
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.training.precision import resolve


def main(data: Path, model: Path, phase_1: Path, out: Path, provenance: Path) -> None:
    with one_line(), guarded("evaluate", provenance) as stage:
        params = load_params()
        compute = resolve(params.device, params.precision)
        stage.note(device=str(compute.device), precision=compute.name)
        setting = Setting(
            scheme=load_scheme(Path(params.data.grading)),
            reported=params.active_recipe.ratio,
            mask_threshold=params.active_recipe.mask_threshold,
            params=params.evaluate,
            compute=compute,
            seed=params.seed,
        )
        trial = hold_trial(Folders(data, model, phase_1, trained_on=data), setting)
        numbers = write_report(trial, Path(params.data.root).name, out)
        print(table(numbers))


if __name__ == "__main__":
    typer.run(main)
