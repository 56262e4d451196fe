"""A bundle with a network so small that its answers are known: a pixel is as probably fragment as
it is bright, all of the picture is embryo, white pictures are saturated, black ones are empty."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import ModelProto
from onnxscript import FLOAT, script
from onnxscript import opset20 as op
from PIL import Image

from ivfgrade.bundle.contract import port_of
from ivfgrade.bundle.decoding import DECODING
from ivfgrade.bundle.graph import whole
from ivfgrade.bundle.interval import IntervalRule
from ivfgrade.bundle.manifest import FORMAT, Graph, Manifest, Refusal, Scheme, Tolerance
from ivfgrade.bundle.pack import Contents, pack
from ivfgrade.bundle.ports import FOCUS
from ivfgrade.grading import GradingScheme

SIZE = 64
LICENCE = Path(__file__).parents[2] / "LICENSE"
SCHEME = GradingScheme("s", 1, ("A", "B", "C", "D"), (0.0, 0.1, 0.25, 0.5, 1.0))
RULE = IntervalRule(0.9, 2.0, (0.01, 0.2, 0.3), 100, 30)
REFUSALS = (
    Refusal("defocused", "defocus", "above", 2.0, "the embryo is out of focus"),
    Refusal("several_embryos", "several", "above", 2.0, "more than one embryo is in the picture"),
    Refusal("saturated", "saturated", "above", 0.9, "too much of the picture is white or black"),
    Refusal("no_embryo", "embryo_share", "below", 0.02, "no embryo was found"),
    Refusal("uncertain_embryo", "certainty", "below", -1.0, "what was found may be no embryo"),
)
CONSTANTS = {
    "thresholds": np.array([0.5, 0.5]),
    "defocus_weight": np.full(FOCUS, 1 / FOCUS),
    "defocus_bias": np.array(0.25),
    "several_weight": np.array([0.5, 0.25]),
    "several_bias": np.array(0.125),
    "interval_scale": np.array(RULE.scale),
    "interval_quantile": np.array(RULE.quantile),
    "grade_borders": np.array(SCHEME.borders[1:-1]),
    "refusal_sides": np.array([1.0 if one.side == "above" else -1.0 for one in REFUSALS]),
    "refusal_limits": np.array([one.limit for one in REFUSALS]),
}


def brightness(gain: float = 1.0) -> ModelProto:
    """In place of a network; what is seen of quality is the ratio. `gain` makes another one."""
    clues = FOCUS

    @script(default_opset=op)
    def network(image, valid):  # type: ignore[no-untyped-def]
        fragment = op.ReduceMean(image, [1], keepdims=1) * valid * gain
        maps = op.Concat(fragment, valid, axis=1)
        ratio = op.ReduceSum(fragment, [1, 2, 3], keepdims=0) / op.ReduceSum(
            valid, [1, 2, 3], keepdims=0
        )
        direct, soft, doubt = op.Identity(ratio), ratio * 0.9, ratio * 0.5
        seen = op.Expand(op.Unsqueeze(ratio, [1]), [1, 3])
        focus = op.Expand(op.Unsqueeze(ratio, [1]), op.Concat([1], op.Reshape(clues, [1]), axis=0))
        pooled = op.Concat(op.Unsqueeze(ratio, [1]), op.Unsqueeze(direct, [1]), axis=1)
        return maps, ratio, direct, soft, doubt, seen, focus, pooled

    each = FLOAT["batch"]
    measures = [FLOAT["batch", count] for count in (3, clues, 2)]
    return network.to_model_proto(
        input_types=[FLOAT["batch", 3, SIZE, SIZE], FLOAT["batch", 1, SIZE, SIZE]],
        output_types=[FLOAT["batch", 2, SIZE, SIZE], *[each] * 4, *measures],
    )


def graph(gain: float = 1.0) -> bytes:
    return whole(brightness(gain), SIZE, CONSTANTS).SerializeToString(deterministic=True)


def picture(path: Path, level: int, height: int = 60, width: int = 80, spots: int = 3) -> Path:
    """Grey, with `spots` white squares of 6 pixels: its fragments."""
    pixels = np.full((height, width, 3), level, np.uint8)
    for spot in range(spots):
        pixels[6:12, 6 + 12 * spot : 12 + 12 * spot] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def manifest(model: bytes) -> Manifest:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return Manifest(
        format=FORMAT,
        name="made",
        strategy="single",
        inputs={one.name: port_of(one, "a picture") for one in session.get_inputs()},
        outputs={one.name: port_of(one, "told elsewhere") for one in session.get_outputs()},
        graphs=(Graph("model.onnx", "fp32", 20, len(model), True, "", {}),),
        taken="model.onnx",
        size=SIZE,
        decoding=DECODING,
        thresholds={"fragment": 0.5, "embryo": 0.5},
        scheme=Scheme(SCHEME.id, SCHEME.version, SCHEME.names, SCHEME.borders),
        interval=asdict(RULE),
        refusals=REFUSALS,
        domain="Grey squares; it promises nothing for anything else.",
        metrics={"mae": {"value": 0.0, "low": 0.0, "high": 0.1}},
        made_from={"commit": "none"},
        samples=(),
        tolerance=Tolerance(ratio=0.001, mask_iou=0.995),
    )


def contents(folder: Path) -> Contents:
    """Sample pictures in `folder`: one graded, one whose interval spans grades, one refused."""
    model = graph()
    samples = [picture(folder / f"{level}.png", level) for level in (20, 90, 255)]
    return Contents(manifest(model), {"model.onnx": model}, samples, LICENCE)


def bundle(folder: Path) -> tuple[Path, str]:
    """The bundle in `folder/made`, and its digest."""
    return folder / "made", pack(folder / "made", contents(folder / "pictures"))
