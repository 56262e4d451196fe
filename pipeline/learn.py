"""A row of the table whose whole network is trained at once.

python -m pipeline.learn ROW DATA MODEL PROVENANCE
"""

from functools import partial
from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.fragmentation.learning import Lesson, learn
from ivfgrade.fragmentation.losses import TASKS, reading_margin
from ivfgrade.fragmentation.sampling import load_embryos
from ivfgrade.fragmentation.teaching import TAUGHT_TERMS
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.tracking import live
from ivfgrade.training.loop import Objective, Run
from ivfgrade.training.precision import resolve


def main(name: str, data: Path, model: Path, provenance: Path) -> None:
    with one_line(), guarded(f"learn@{name}", provenance) as stage:
        params = load_params()
        row, recipe, profile = params.learnt(name), params.active_recipe, params.active_profile
        compute = resolve(params.device, params.precision)
        stage.note(device=str(compute.device), precision=compute.name)
        phase = row.of(params.phase(row.phase))
        scheme = load_scheme(Path(params.data.grading))
        margin = reading_margin(recipe.grade_margin, phase.losses)
        embryos = load_embryos(data, partial(scheme.widened, margin=margin))
        lesson = Lesson(
            phase,
            Objective(TAUGHT_TERMS, TASKS, row.descent),
            recipe.outlining,
            init=profile.init,
            teacher=row.teacher,
            conflict_batches=row.conflict_batches,
        )
        spec = row.spec(recipe.segmenter, recipe.regressor)
        with live(f"learn@{name}", stage.key, params.flat(row), params.track.experiment) as log:
            epochs = row.epochs(params.phase(row.phase), profile.learnt_epochs)
            run = Run(epochs, params.training_seed, compute, stage.work, f"row {name}", log)
            trained = learn(spec, embryos, lesson, run)
        trained.leave(model, spec, stage)


if __name__ == "__main__":
    typer.run(main)
