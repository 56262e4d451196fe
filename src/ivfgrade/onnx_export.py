"""A module that takes letterboxed images and their valid masks, as an ONNX graph."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import onnx
import torch
from onnxscript.optimizer import fold_constants
from torch import nn

TAKES = ("image", "valid")  # B 3 S S and B 1 S S
BATCH_AXIS = "batch"
WEIGHTS = 2**28  # bytes: of all layers, so that each is stored in the shape in which it is used


def as_onnx(module: nn.Module, size: int, opset: int, outputs: Sequence[str]) -> onnx.ModelProto:
    """For any batch size, with its weights inside."""
    example = (torch.rand(2, 3, size, size), torch.ones(2, 1, size, size))  # 1 would be baked in
    with torch.inference_mode(), _quiet_exporter():
        program = torch.onnx.export(
            module,
            example,
            dynamo=True,
            dynamic_shapes={name: {0: BATCH_AXIS} for name in TAKES},
            opset_version=opset,
            input_names=list(TAKES),
            output_names=list(outputs),
            external_data=False,
            verbose=False,
        )
    assert program is not None
    fold_constants(program.model, input_size_limit=WEIGHTS, output_size_limit=WEIGHTS)
    proto = program.model_proto
    _strip_traces(proto)
    return proto


def _strip_traces(proto: onnx.ModelProto) -> None:
    """The exporter notes source paths of this machine on every node; they help nobody elsewhere."""
    for node in [*proto.graph.node, *(n for f in proto.functions for n in f.node)]:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*proto.graph.value_info, *proto.graph.input, *proto.graph.output]:
        del value.metadata_props[:]
    del proto.graph.metadata_props[:]


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Two warnings about the exporter's own workings."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*isinstance\(treespec, LeafSpec\)", FutureWarning)
        warnings.filterwarnings("ignore", r"# The axis name: batch will not be used", UserWarning)
        yield
