"""Judge one row of the table on the test split.

python -m pipeline.judge ROW DATA MODEL OUT PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.evaluation.report import table
from ivfgrade.evaluation.trial import setting_of
from ivfgrade.inputs import guarded
from ivfgrade.judging import judge, write_row
from ivfgrade.params import load_params


def main(name: str, data: Path, model: Path, out: Path, provenance: Path) -> None:
    with one_line(), guarded(f"judge@{name}", provenance) as stage:
        params = load_params()
        setting = setting_of(params)
        stage.note(device=str(setting.compute.device), precision=setting.compute.name)
        trial = judge(data, model, setting)
        verdicts = params.active_profile.verdicts
        known = {"row": name, "profile": params.profile, "recipe": params.recipe}
        facts = {**known, "verdicts": verdicts}
        numbers = write_row(trial, Path(params.data.root).name, facts, out)
        print(table(numbers))


if __name__ == "__main__":
    typer.run(main)
