"""One ONNX file from a picture's pixels to the answer: letterbox, network, decision, and back.

pixels -> letterbox -> network -> way back -> probabilities and masks
                           `----> decision -> ratio, interval, grade, refusal
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, compose, helper

from ivfgrade.bundle.decide import decision, with_constants
from ivfgrade.bundle.geometry import letterbox, way_back
from ivfgrade.bundle.ports import CLUES, CONSTANTS, FOCUS, OUTPUTS, SEEN


def whole(network: ModelProto, size: int, constants: Mapping[str, np.ndarray]) -> ModelProto:
    """`network` leads from image and valid to NETWORK; `constants` as CONSTANTS."""
    joined = _joined(letterbox(size), network, "network")
    joined = _joined(joined, way_back(size), "back")
    joined = _joined(joined, decision(FOCUS, len(constants["several_weight"]), len(SEEN)), "decide")
    with_constants(joined, {name: constants[name] for name in CONSTANTS})
    with_outputs(joined, OUTPUTS)
    del joined.opset_import[1:]  # each part has brought the same one
    onnx.checker.check_model(joined, full_check=True)
    return joined


def with_clues(model: ModelProto, pooled: int) -> ModelProto:
    """A copy that also tells what its evidence of defects is computed from."""
    copy = ModelProto.FromString(model.SerializeToString())
    for name, count in zip(CLUES, (len(SEEN), FOCUS, pooled), strict=True):
        one = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", count])
        copy.graph.output.append(one)
    return copy


def with_outputs(model: ModelProto, names: Sequence[str]) -> None:
    """Those of its outputs, in this order."""
    known = {one.name: one for one in model.graph.output}
    del model.graph.output[:]
    model.graph.output.extend(known[name] for name in names)


def _joined(first: ModelProto, then: ModelProto, prefix: str) -> ModelProto:
    """`then` takes what it needs from the outputs of `first` by their names; all outputs stay."""
    first_out = [one.name for one in first.graph.output]
    inputs = {one.name for one in then.graph.input}
    inner = compose.add_prefix(then, f"{prefix}/", rename_inputs=False, rename_outputs=False)
    return compose.merge_models(
        first,
        inner,
        io_map=[(name, name) for name in first_out if name in inputs],
        outputs=[*first_out, *[one.name for one in then.graph.output]],
    )
