"""From the network's numbers to the answer, as ONNX operators with all constants in sight.

The constants are named initializers, so that a site can recalibrate a bundle without the network's
framework: it replaces them by their names.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from onnx import ModelProto, numpy_helper
from onnxscript import BOOL, FLOAT, INT64, script
from onnxscript import opset20 as op

from ivfgrade.bundle.ports import DOUBT_POWER


def decision(focus: int, pooled: int, seen: int) -> ModelProto:
    """From so many clues and measures. Its last nine inputs are constants; `with_constants` puts
    them into the graph."""

    power = DOUBT_POWER

    @script(default_opset=op)
    def decide(  # type: ignore[no-untyped-def]
        ratio,
        direct,
        soft,
        doubt,
        seen,
        focus,
        pooled,
        defocus_weight,
        defocus_bias,
        several_weight,
        several_bias,
        interval_scale,
        interval_quantile,
        grade_borders,
        refusal_sides,
        refusal_limits,
    ):
        apart = op.Abs(direct - soft)
        ones = op.Expand(1.0, op.Shape(ratio))
        unsure = op.Concat(op.Unsqueeze(ones, [1]), op.Unsqueeze(apart, [1]),
                           op.Unsqueeze(op.Pow(doubt, power), [1]), axis=1)  # B 3  # fmt: skip
        half = interval_quantile * op.ReduceSum(unsure * interval_scale, [1], keepdims=0)  # B
        ratio_low = op.Clip(ratio - half, 0.0, 1.0)
        ratio_high = op.Clip(ratio + half, 0.0, 1.0)
        grade = op.ReduceSum(
            op.Cast(op.Unsqueeze(ratio, [1]) >= grade_borders, to=7), [1], keepdims=0
        )
        grade_low = op.ReduceSum(
            op.Cast(op.Unsqueeze(ratio_low, [1]) >= grade_borders, to=7), [1], keepdims=0
        )
        grade_high = op.ReduceSum(
            op.Cast(op.Unsqueeze(ratio_high, [1]) >= grade_borders, to=7), [1], keepdims=0
        )
        defocus = op.MatMul(focus, op.Unsqueeze(defocus_weight, [1])) + defocus_bias  # B 1
        several = op.MatMul(pooled, op.Unsqueeze(several_weight, [1])) + several_bias
        measured = op.Concat(defocus, several, seen, axis=1)  # B Q
        well = measured * refusal_sides <= refusal_limits * refusal_sides  # B Q
        refused = op.Not(well)  # NaN, too
        return ratio_low, ratio_high, grade, grade_low, grade_high, measured, refused

    each, measures = FLOAT["batch"], 2 + seen
    clues = [FLOAT["batch", count] for count in (seen, focus, pooled)]
    probes = [FLOAT[focus], FLOAT, FLOAT[pooled], FLOAT]
    limits = [FLOAT[3], FLOAT, FLOAT["borders"], FLOAT[measures], FLOAT[measures]]
    decided = [each, each, *[INT64["batch"]] * 3, FLOAT["batch", measures], BOOL["batch", measures]]
    return decide.to_model_proto(
        input_types=[*[each] * 4, *clues, *probes, *limits], output_types=decided
    )


def with_constants(model: ModelProto, constants: Mapping[str, np.ndarray]) -> None:
    """Inputs of these names become initializers, and initializers get new values."""
    for name, value in constants.items():
        for place in (model.graph.input, model.graph.initializer):
            for held in [one for one in place if one.name == name]:
                place.remove(held)
        tensor = numpy_helper.from_array(np.asarray(value, np.float32), name)
        model.graph.initializer.append(tensor)
