"""A row of the table that repeats phase 2 in another way, on top of a trained segmenter.

python -m pipeline.freeze ROW DATA MODEL PROVENANCE
"""

from functools import partial
from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.fragmentation.finetune import finetune
from ivfgrade.fragmentation.losses import reading_margin
from ivfgrade.fragmentation.sampling import load_embryos
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.tracking import live
from ivfgrade.training.loop import Run
from ivfgrade.training.precision import resolve


def main(name: str, data: Path, model: Path, provenance: Path) -> None:
    with one_line(), guarded(f"freeze@{name}", provenance) as stage:
        params = load_params()
        row, recipe, profile = params.frozen(name), params.active_recipe, params.active_profile
        compute = resolve(params.device, params.precision)
        stage.note(device=str(compute.device), precision=compute.name)
        phase = row.of(recipe.finetune)
        scheme = load_scheme(Path(params.data.grading))
        margin = reading_margin(recipe.grade_margin, phase.losses)
        embryos = load_embryos(data, partial(scheme.widened, margin=margin))
        with live(f"freeze@{name}", stage.key, params.flat(row), params.track.experiment) as log:
            seed, epochs = params.training_seed, profile.frozen_epochs
            run = Run(epochs, seed, compute, stage.work, f"row {name}", log)
            phase_1 = Path(row.segmenter)
            trained = finetune(params.spec, phase_1, embryos, phase, profile.views, run)
        trained.leave(model, params.spec, stage)


if __name__ == "__main__":
    typer.run(main)
