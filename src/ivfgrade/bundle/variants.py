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
QUALITY = ("measured", "refused")  # outputs
SMALL = 100_000  # weights: below, a layer is neither large nor slow (filters of the clues, say)
MULTIPLIES = ("Conv", "MatMul", "Gemm")


def to_fp16(model: ModelProto, pictures: Iterable[np.ndarray]) -> ModelProto:  # noqa: ARG001
    """Inputs, outputs and everything outside the network stay 32 bits wide; and what serves the
    measures of quality alone: squares of small changes of brightness are 0 in half precision."""
    copy = ModelProto.FromString(model.SerializeToString())
    needed = _needed_for(copy, [one.name for one in copy.graph.output if one.name not in QUALITY])
    wide = [
        node.name
        for node in copy.graph.node
        if not (node.name.startswith(NETWORK) and needed.issuperset(node.output))
    ]
    half = convert_float_to_float16(
        copy, keep_io_types=True, op_block_list=list(SUMS), node_block_list=wide
    )
    _drop_repeated(half)
    _keep_wide(half)
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


def _needed_for(model: ModelProto, outputs: Sequence[str]) -> set[str]:
    """Names of all values that some of the outputs are computed from, and theirs."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    found, todo = set(outputs), list(outputs)
    while todo:
        node = made_by.get(todo.pop())
        for name in node.input if node else ():
            if name not in found:
                found.add(name)
                todo.append(name)
    return found


def _drop_repeated(model: ModelProto) -> None:
    """The converter casts a value once for each node that takes it, always under one name."""
    made: set[str] = set()
    for node in list(model.graph.node):
        if made.issuperset(node.output):
            model.graph.node.remove(node)
        made.update(node.output)


def _keep_wide(model: ModelProto) -> None:
    """The converter rounds what goes from one 32-bit node to the next: squares that half precision
    takes for 0. What it made narrow only to make it wide again is handed on as it is."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    as_it_was = {}
    for node in model.graph.node:
        before = made_by.get(node.input[0]) if node.name.endswith("_cast_to_fp32_node") else None
        if before is not None and before.name.endswith("_cast_to_fp16_node"):
            as_it_was[node.output[0]] = before.input[0]
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = as_it_was.get(name, name)
    _drop_unused(model)


def _drop_unused(model: ModelProto) -> None:
    needed = _needed_for(model, [one.name for one in model.graph.output])
    for node in [one for one in model.graph.node if needed.isdisjoint(one.output)]:
        model.graph.node.remove(node)


class _Pictures(CalibrationDataReader):
    """One after the other, as ONNX Runtime asks for them."""

    def __init__(self, pictures: Iterable[np.ndarray]) -> None:
        self.pictures: Iterator[np.ndarray] = iter(pictures)

    def get_next(self) -> dict[str, np.ndarray] | None:
        picture = next(self.pictures, None)
        return None if picture is None else {"pixels": picture[None]}
