"""Smaller and faster graphs with the same inputs and outputs: half precision, and 8-bit integers.

Geometry, clues and decision stay as they are; what changes is the network between them, where all
the weights and all the time are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

NETWORK = "network/"  # prefix of its nodes in the whole graph
SUMS = ("ReduceSum", "ReduceMean", "Pow", "Log", "Clip", "Resize")  # too large or too fine for half
SMALL = 100_000  # weights: below, a layer is neither large nor slow (filters of the clues, say)
MULTIPLIES = ("Conv", "MatMul", "Gemm")


def to_fp16(model: ModelProto, pictures: Iterable[np.ndarray]) -> ModelProto:  # noqa: ARG001
    """Inputs, outputs and everything outside the network stay 32 bits wide."""
    copy = ModelProto.FromString(model.SerializeToString())
    outside = [node.name for node in copy.graph.node if not node.name.startswith(NETWORK)]
    half = convert_float_to_float16(
        copy, keep_io_types=True, op_block_list=list(SUMS), node_block_list=outside
    )
    _drop_repeated(half)
    return half


def to_int8(model: ModelProto, pictures: Iterable[np.ndarray]) -> ModelProto:
    """Static: `pictures` uint8 [H,W,3] settle the range of each layer's activations, which are
    unsigned; signed ones are slower than 32 bits on processors with VNNI. Nothing is optimised
    beforehand: the constants that a site may change keep their names."""
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, small = (Path(folder) / name for name in ("plain", "prepared", "small"))
        onnx.save(model, plain)
        quant_pre_process(plain, prepared, skip_optimization=True, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            small,
            _Pictures(pictures),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_quantize=large_layers(onnx.load(prepared)),
        )
        return onnx.load(small)


MAKE: Mapping[str, Callable[[ModelProto, Iterable[np.ndarray]], ModelProto]] = {
    "fp16": to_fp16,
    "int8": to_int8,
}


def large_layers(model: ModelProto) -> Sequence[str]:
    """Names of the nodes that hold nearly all weights and do nearly all the work."""
    weights = {one.name: int(np.prod(one.dims)) for one in model.graph.initializer}
    return [
        node.name
        for node in model.graph.node
        if node.op_type in MULTIPLIES and weights.get(node.input[1], 0) >= SMALL
    ]


def _drop_repeated(model: ModelProto) -> None:
    """The converter casts a value once for each node that takes it, always under one name."""
    made: set[str] = set()
    for node in list(model.graph.node):
        if made.issuperset(node.output):
            model.graph.node.remove(node)
        made.update(node.output)


class _Pictures(CalibrationDataReader):
    """One after the other, as ONNX Runtime asks for them."""

    def __init__(self, pictures: Iterable[np.ndarray]) -> None:
        self.pictures: Iterator[np.ndarray] = iter(pictures)

    def get_next(self) -> dict[str, np.ndarray] | None:
        picture = next(self.pictures, None)
        return None if picture is None else {"pixels": picture[None]}
