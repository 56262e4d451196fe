"""Make the calibrated graph smaller and faster, and measure what that costs.

python -m pipeline.variants STAGE CALIBRATED CALIBRANTS OUT PROVENANCE
"""

from pathlib import Path

import onnx
import typer

from ivfgrade.atomic import write_bytes, write_json, write_text
from ivfgrade.bundle.calibration_files import GRAPH
from ivfgrade.bundle.labelled import DEFECT, samples_of
from ivfgrade.bundle.losses import measured_side_by_side, verdict
from ivfgrade.bundle.precisions import FULL, MEASURED, VERDICTS, file_of
from ivfgrade.bundle.session import open_graph
from ivfgrade.bundle.variants import MAKE
from ivfgrade.dataset.images import read_image
from ivfgrade.errors import one_line
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params


def main(stage: str, calibrated: Path, calibrants: Path, out: Path, provenance: Path) -> None:
    with one_line(), guarded(stage, provenance):
        params = load_params()
        wanted, scheme = params.bundle.variants, load_scheme(Path(params.data.grading))
        good = [one for one in samples_of(calibrants, scheme) if not one.extra.get(DEFECT)]
        settling, judged = good[-wanted.settle_images :], good[: wanted.measure_images]
        model, sizes = onnx.load(calibrated / GRAPH), {}
        for precision in wanted.precisions:
            pictures = (read_image(one.image_path(calibrants)) for one in settling)
            content = MAKE[precision](model, pictures).SerializeToString(deterministic=True)
            write_bytes(out / file_of(precision), content)
            sizes[precision] = len(content) / 1e6
        files = {FULL: calibrated / GRAPH} | {name: out / file_of(name) for name in sizes}
        sessions = {name: open_graph(path, "cpu") for name, path in files.items()}
        table = measured_side_by_side(sessions, judged, calibrants)
        write_text(out / MEASURED, table.to_csv(index=False, float_format="%.6g"))
        sizes[FULL] = (calibrated / GRAPH).stat().st_size / 1e6
        verdicts = {name: verdict(table, name, sizes[name], wanted.limits) for name in files}
        write_json(out / VERDICTS, {name: vars(one) for name, one in verdicts.items()})
        for name, one in verdicts.items():
            print(f"{name}: {one.told()}")


if __name__ == "__main__":
    typer.run(main)
