"""The letterbox and the way back from it (`dataset.letterbox`) as ONNX operators.

Sizes are computed in integers, as there: Resize's own aspect policy rounds otherwise. A picture is
resized as uint8; it differs from Pillow's by one grey level at most.
"""

from __future__ import annotations

from onnx import ModelProto
from onnxscript import FLOAT, INT64, UINT8, script
from onnxscript import opset20 as op

PLACE = (INT64[2], INT64[2], INT64[2])  # top and left; inner and own height and width


def letterbox(size: int) -> ModelProto:
    """Pictures of one size, as they are in memory -> what the network takes, and where it lies."""

    @script(default_opset=op)
    def front(pixels):  # type: ignore[no-untyped-def]  # B H W C
        planes = op.Transpose(pixels, perm=[0, 3, 1, 2])
        batch, sides = op.Shape(planes, end=1), op.Shape(planes, start=2)
        longer = op.ReduceMax(sides)
        inner = op.Max((2 * sides * size + longer) / (2 * longer), 1)  # rounded half up
        before = (size - inner) / 2
        pads = op.Concat([0, 0], before, [0, 0], size - inner - before, axis=0)
        rgb = op.Expand(planes, op.Concat(batch, [3], sides, axis=0))
        sizes = op.Concat(batch, [3], inner, axis=0)
        picture = op.Resize(rgb, None, None, sizes, mode="linear", antialias=1, exclude_outside=1)
        image = op.Pad(op.Cast(picture, to=1) / 255.0, pads)  # B 3 S S
        ones = op.Expand(1.0, op.Concat(batch, [1], inner, axis=0))
        valid = op.Pad(ones, pads)  # B 1 S S
        return image, valid, before, inner, sides

    return front.to_model_proto(
        input_types=[UINT8["batch", "height", "width", "channels"]],
        output_types=[FLOAT["batch", 3, size, size], FLOAT["batch", 1, size, size], *PLACE],
    )


def way_back(size: int) -> ModelProto:
    """Maps over the square -> the same over the pictures as they came (`letterbox.unpad_map`), and
    masks: what is probable enough."""

    @script(default_opset=op)
    def back(maps, before, inner, sides, thresholds):  # type: ignore[no-untyped-def]  # B 2 S S
        inside = op.Slice(maps, before, before + inner, [2, 3])
        sizes = op.Concat(op.Shape(maps, end=2), sides, axis=0)
        whole = op.Resize(inside, None, None, sizes, mode="linear", antialias=1, exclude_outside=1)
        probability = op.Clip(whole, 0.0, 1.0)  # B 2 H W
        fragment, embryo = op.Split(probability, axis=1, num_outputs=2)
        of_fragment, of_embryo = op.Split(thresholds, axis=0, num_outputs=2)
        fragment_mask = op.Squeeze(op.Cast(fragment >= of_fragment, to=2), [1])
        embryo_mask = op.Squeeze(op.Cast(embryo >= of_embryo, to=2), [1])
        fragment_probability = op.Squeeze(fragment, [1])  # B H W
        embryo_probability = op.Squeeze(embryo, [1])
        return fragment_probability, embryo_probability, fragment_mask, embryo_mask

    return back.to_model_proto(
        input_types=[FLOAT["batch", 2, size, size], *PLACE, FLOAT[2]],
        output_types=[*[FLOAT["batch", "height", "width"]] * 2,
                      *[UINT8["batch", "height", "width"]] * 2],
    )  # fmt: skip
