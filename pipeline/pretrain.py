"""Phase 1: train the segmenter on the images that have masks.

python -m pipeline.pretrain DATA MODEL PROVENANCE
"""

import math
from dataclasses import asdict
from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.fragmentation.pretrain import pretrain
from ivfgrade.fragmentation.sampling import any_ratio, load_embryos
from ivfgrade.fragmentation.stored import store
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.tracking import live
from ivfgrade.training.loop import Run, write_history
from ivfgrade.training.memory import peak_memory_gb
from ivfgrade.training.precision import resolve


def main(data: Path, model: Path, provenance: Path) -> None:
    with one_line(), guarded("pretrain", provenance) as stage:
        params = load_params()
        recipe, profile = params.active_recipe, params.active_profile
        compute = resolve(params.device, params.precision)
        stage.note(device=str(compute.device), precision=compute.name)
        embryos = load_embryos(data, any_ratio)  # masks only: another grading is no new phase 1
        with live("pretrain", stage.key, params.flat(), params.track.experiment) as log:
            run = Run(profile.pretrain_epochs, params.seed, compute, stage.work, "phase 1", log)
            spec, outlining = params.segmenter_spec, recipe.outlining
            trained = pretrain(spec, profile.init, embryos, recipe.pretrain, outlining, run)
        seen = {k: round(v, 6) for k, v in trained.validation.items() if math.isfinite(v)}
        facts = {"init": asdict(trained.origin), "validation": seen}
        peak = round(peak_memory_gb(compute.device), 2)
        stage.note(**facts, peak_memory_gb=peak)
        store(model, trained.model.state_dict(), spec, best_epoch=trained.best_epoch, **facts)
        write_history(model / "history.csv", trained.history)
        print(f"validation of the network as it is used: {seen}; peak memory {peak} GB")


if __name__ == "__main__":
    typer.run(main)
