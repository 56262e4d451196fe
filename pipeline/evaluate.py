"""Judge the trained model on the test split: metrics with intervals, tables, pictures.

python -m pipeline.evaluate DATA MODEL PHASE_1 OUT PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.evaluation.report import table, write_report
from ivfgrade.evaluation.trial import Folders, hold_trial, setting_of
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params


def main(data: Path, model: Path, phase_1: Path, out: Path, provenance: Path) -> None:
    with one_line(), guarded("evaluate", provenance) as stage:
        params = load_params()
        setting = setting_of(params)
        stage.note(device=str(setting.compute.device), precision=setting.compute.name)
        trial = hold_trial(Folders(data, model, trained_on=data, phase_1=phase_1), setting)
        numbers = write_report(trial, Path(params.data.root).name, out)
        print(table(numbers))


if __name__ == "__main__":
    typer.run(main)
