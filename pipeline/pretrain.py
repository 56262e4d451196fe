"""Phase 1: train the segmenter on the images that have masks.

python -m pipeline.pretrain DATA MODEL PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.fragmentation.learning import Lesson, learn
from ivfgrade.fragmentation.losses import MASK_TERMS
from ivfgrade.fragmentation.sampling import any_ratio, load_embryos
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.tracking import live
from ivfgrade.training.loop import Objective, Run
from ivfgrade.training.precision import resolve


def main(data: Path, model: Path, provenance: Path) -> None:
    with one_line(), guarded("pretrain", provenance) as stage:
        params = load_params()
        recipe, profile = params.active_recipe, params.active_profile
        compute = resolve(params.device, params.precision)
        stage.note(device=str(compute.device), precision=compute.name)
        embryos = load_embryos(data, any_ratio)  # masks only: another grading is no new phase 1
        lesson = Lesson(recipe.pretrain, Objective(MASK_TERMS), recipe.outlining, profile.init)
        with live("pretrain", stage.key, params.flat(), params.track.experiment) as log:
            seed, epochs = params.training_seed, profile.pretrain_epochs
            run = Run(epochs, seed, compute, stage.work, "phase 1", log)
            trained = learn(params.segmenter_spec, embryos, lesson, run)
        trained.leave(model, params.segmenter_spec, stage)
        print(f"validation of the network as it is used: {trained.facts['validation']}")


if __name__ == "__main__":
    typer.run(main)
