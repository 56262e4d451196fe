"""Does the ratio of one row come from the fragments? Heat maps against the true outlines.

python -m pipeline.focus ROW DATA MODEL OUT PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.dataset.arrays import load_arrays
from ivfgrade.errors import one_line
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.focus.measure import look, with_fragments
from ivfgrade.focus.report import write_focus
from ivfgrade.focus.subject import subject
from ivfgrade.fragmentation.stored import load_network
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.training.precision import resolve


def main(row: str, data: Path, model: Path, out: Path, provenance: Path) -> None:
    with one_line(), guarded(f"focus@{row}", provenance) as stage:
        params = load_params()
        samples, confidence = params.evaluate.bootstrap_samples, params.evaluate.confidence
        compute = resolve(params.device, params.precision)
        stage.note(device=str(compute.device), precision=compute.name)
        arrays = load_arrays(data)
        indices = with_fragments(arrays, params.focus.images)
        network, _ = load_network(model)
        seen = subject(compute.place(network), params.focus.layer)
        looks = look(seen, arrays, indices, params.focus, compute, params.seed)
        bootstrap = Bootstrap(samples, confidence, params.seed)
        write_focus(looks, arrays, indices, params.focus, bootstrap, row, out)


if __name__ == "__main__":
    typer.run(main)
