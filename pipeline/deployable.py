"""Put trained networks into one graph from raw pixels to an answer, and calibrate it.

python -m pipeline.deployable STAGE OUT PROVENANCE --outlines A --grades C --data D --calibrants E
"""

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.bundle.calibrated import fit_rules
from ivfgrade.bundle.calibration_files import write_calibrated
from ivfgrade.bundle.decide import with_constants
from ivfgrade.bundle.deployable import Reading, deployable, to_graph
from ivfgrade.bundle.graph import with_clues
from ivfgrade.bundle.labelled import measured_folder, samples_of
from ivfgrade.bundle.parity import same
from ivfgrade.bundle.ports import CLUES
from ivfgrade.bundle.session import open_graph
from ivfgrade.dataset.arrays import load_arrays
from ivfgrade.dataset.images import read_image
from ivfgrade.errors import one_line
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.training.precision import resolve


def main(
    stage: str,
    out: Path,
    provenance: Path,
    outlines: Annotated[Path, typer.Option(help="the network that draws")],
    grades: Annotated[Path, typer.Option(help="the network that grades; it may be the same")],
    data: Annotated[Path, typer.Option(help="prepared, for size and how a row is read")],
    calibrants: Annotated[Path, typer.Option(help="labelled pictures that nobody has seen")],
) -> None:
    with one_line(), guarded(stage, provenance) as run:
        params, arrays = load_params(), load_arrays(data)
        scheme, recipe = load_scheme(Path(params.data.grading)), params.active_recipe
        compute = resolve(params.device, params.precision)
        reading = Reading(recipe.mask_threshold, compute)
        made = deployable(outlines, grades, recipe.ratio, arrays, reading)
        graph = to_graph(made, scheme, params.export.opset)
        session = open_graph(with_clues(graph, made.pooled).SerializeToString(), "cpu")
        few = samples_of(calibrants, scheme)[: params.export.parity_images]
        alike = same(session, made, (read_image(one.image_path(calibrants)) for one in few))
        alike.require(params.bundle.parity)
        measured = measured_folder(session, calibrants, scheme, CLUES)
        rules = fit_rules(measured, params.bundle.confidence, params.bundle.refused_share)
        with_constants(graph, rules.constants())
        content = graph.SerializeToString(deterministic=True)
        described = {**made.described, "parity": alike.told(), **rules.described()}
        write_calibrated(out, content, described, measured.table)
        run.note(images=len(measured.table), parity=alike.told())
        print(rules.told())


if __name__ == "__main__":
    typer.run(main)
