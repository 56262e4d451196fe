"""Write the trained network as ONNX, after ONNX Runtime has given PyTorch's answers on test images.

python -m pipeline.export MODEL DATA OUT PARITY PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.atomic import read_json, write_bytes, write_json
from ivfgrade.dataset.arrays import SUMMARY, load_arrays
from ivfgrade.errors import InputError, one_line
from ivfgrade.export import GradingGraph, describe, parity, to_onnx
from ivfgrade.fragmentation.calibration import EMBRYO_THRESHOLD, load_calibration
from ivfgrade.fragmentation.sampling import load_pixels
from ivfgrade.fragmentation.stored import load
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params


def main(model: Path, data: Path, out: Path, report: Path, provenance: Path) -> None:
    with one_line(), guarded("export", provenance):
        params = load_params()
        arrays, scheme = load_arrays(data), load_scheme(Path(params.data.grading))
        images = arrays.indices("test")[: params.export.parity_images]
        if not len(images):
            raise InputError(f"{data} has no test image to check the exported model with")
        reported = params.active_recipe.ratio
        by = load_calibration(model)
        graph = GradingGraph(load(model)[0], by, reported)
        facts = {
            "data_digest": read_json(data / SUMMARY)["data_digest"],
            "grading": {"id": scheme.id, "version": scheme.version, "grades": scheme.names}
            | {"borders": scheme.borders},
            "mask_thresholds": {"fragment": by.mask_threshold, "embryo": EMBRYO_THRESHOLD},
            "reported_ratio": reported,
        }
        content = to_onnx(graph, arrays.size, params.export.opset, facts)
        result = parity(content, graph, *load_pixels(arrays, images))
        result.require(params.export.parity_tolerance)
        write_bytes(out / "model.onnx", content)
        facts = describe(result, content, params.export.opset, params.export.parity_tolerance)
        write_json(report, facts)
        print(
            f"ONNX Runtime and PyTorch differ by at most {result.worst:.1g} on {len(images)} images"
        )


if __name__ == "__main__":
    typer.run(main)
