"""Hand over: graphs, manifest, model card, samples, licence and verifier in one sealed folder.

python -m pipeline.bundle STAGE FOLDER PROVENANCE --calibrated C --variants V --calibrants E ...
"""

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.atomic import read_json
from ivfgrade.bundle.calibration_files import GRAPH, RULES
from ivfgrade.bundle.compose import Measurements, compose, files_of
from ivfgrade.bundle.pack import Contents, pack
from ivfgrade.bundle.precisions import FULL, VERDICTS, file_of
from ivfgrade.bundle.samples import chosen
from ivfgrade.dataset.images import read_image
from ivfgrade.errors import one_line
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params


def main(
    stage: str,
    folder: Path,
    provenance: Path,
    calibrated: Annotated[Path, typer.Option(help="the calibrated graph and its rules")],
    variants: Annotated[Path, typer.Option(help="smaller graphs, and what they cost")],
    calibrants: Annotated[Path, typer.Option(help="three of them become samples")],
    data: Annotated[Path, typer.Option(help="what preparing says of the training images")],
    outlined: Annotated[Path, typer.Option(help="metrics of who draws, on the test split")],
    graded: Annotated[Path, typer.Option(help="metrics of who grades")],
    licence: Path = Path("LICENSE"),
) -> None:
    with one_line(), guarded(stage, provenance) as run:
        params = load_params()
        scheme, prepared = load_scheme(Path(params.data.grading)), read_json(data)
        verdicts = read_json(variants / VERDICTS)
        paths = {name: variants / file_of(name) for name in verdicts} | {FULL: calibrated / GRAPH}
        graphs = {name: paths[name].read_bytes() for name in verdicts}
        rules = read_json(calibrated / RULES)
        found = Measurements(rules, verdicts, read_json(outlined), read_json(graded))
        made_from = {
            "data": params.data.root,
            "data_digest": prepared["data_digest"],
            "inputs_digest": run.key,  # of code, networks, pictures and values of this stage
            "seed": params.seed,
            "training_seed": params.training_seed,
            "profile": params.profile,
            "recipe": params.recipe,
            "opset": params.export.opset,
        }
        pictures = chosen(calibrants, scheme)
        name, first = folder.name, read_image(pictures[0])
        manifest = compose(name, graphs, found, scheme, made_from, first)
        digest = pack(folder, Contents(manifest, files_of(manifest, graphs), pictures, licence))
        run.note(digest=digest)
        print(f"{folder}: the digest of its SHA256SUMS is {digest}")


if __name__ == "__main__":
    typer.run(main)
