"""Phase 2: freeze the segmenter, train head and injection; settle mask threshold and ratio.

python -m pipeline.finetune DATA PHASE_1 MODEL PROVENANCE
"""

from functools import partial
from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.fragmentation.calibration import calibrate, save_calibration
from ivfgrade.fragmentation.finetune import finetune
from ivfgrade.fragmentation.sampling import load_embryos
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.tracking import live
from ivfgrade.training.loop import Run
from ivfgrade.training.precision import resolve


def main(data: Path, phase_1: Path, model: Path, provenance: Path) -> None:
    with one_line(), guarded("finetune", provenance) as stage:
        params = load_params()
        recipe, profile = params.active_recipe, params.active_profile
        compute = resolve(params.device, params.precision)
        stage.note(device=str(compute.device), precision=compute.name)
        scheme = load_scheme(Path(params.data.grading))
        embryos = load_embryos(data, partial(scheme.widened, margin=recipe.grade_margin))
        with live("finetune", stage.key, params.flat(), params.track.experiment) as log:
            seed, epochs = params.training_seed, profile.finetune_epochs
            run = Run(epochs, seed, compute, stage.work, "phase 2", log)
            spec, phase = params.spec, recipe.finetune
            trained = finetune(spec, phase_1, embryos, phase, profile.views, run)
        trained.leave(model, spec, stage)
        read_by = calibrate(trained.model, embryos.arrays, recipe.mask_threshold, compute)
        save_calibration(model, read_by)


if __name__ == "__main__":
    typer.run(main)
