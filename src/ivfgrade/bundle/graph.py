"""One ONNX file from a picture's pixels to the answer: letterbox, network, decision, and back.

pixels -> letterbox -> network -> way back -> probabilities and masks
                           `----> decision -> ratio, interval, grade, refusal
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import ModelProto, compose

from ivfgrade.bundle.decide import decision, with_constants
from ivfgrade.bundle.geometry import letterbox, way_back
from ivfgrade.bundle.quality import MEASURES

MAPS = ("fragment_probability", "embryo_probability", "fragment_mask", "embryo_mask")
DECIDED = ("ratio_low", "ratio_high", "grade", "grade_low", "grade_high", "refused")
NETWORK_NUMBERS = ("ratio", "direct", "soft", "doubt")  # one per image
OUTPUTS = (*MAPS, "ratio", *DECIDED, *NETWORK_NUMBERS[1:], "measured")
CONSTANTS = (
    "thresholds", "interval_scale", "interval_quantile", "grade_borders", "refusal_sides",
    "refusal_limits",
)  # fmt: skip


def whole(network: ModelProto, size: int, constants: Mapping[str, np.ndarray]) -> ModelProto:
    """`network` leads from image and valid to `network.Measured`; `constants` as CONSTANTS."""
    joined = _joined(letterbox(size), network, "network")
    joined = _joined(joined, way_back(size), "back")
    joined = _joined(joined, decision(len(MEASURES)), "decide")
    with_constants(joined, {name: constants[name] for name in CONSTANTS})
    kept = {one.name: one for one in joined.graph.output}
    del joined.graph.output[:]
    joined.graph.output.extend(kept[name] for name in OUTPUTS)
    onnx.checker.check_model(joined, full_check=True)
    return joined


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
