"""What an ONNX file says of itself, read without the package onnx, which a deployer need not have.

The format is that of protocol buffers: fields one after the other, each a number and a value.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ivfgrade.errors import InputError

# by message: its fields that lead to tensors, and the messages these hold
WITHIN = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto", 6: "GraphProto", 10: "TensorProto", 11: "GraphProto",
        22: "SparseTensorProto", 23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
}  # fmt: skip
GRAPH, OPSETS, DOMAIN, VERSION = 7, 8, 1, 2  # of a model, and of one of its operator sets
INITIALIZERS = 5  # of a graph
TYPE, FLOATS, NAME, RAW, OUTSIDE, WHERE = 2, 4, 8, 9, 13, 14  # of a tensor
FLOAT32 = 1  # a TYPE
Value = int | memoryview


def opsets(model: bytes) -> set[int]:
    """Versions of ONNX's own operators that it declares; one, if all is well."""
    found = set()
    for number, value in fields(model):
        of = dict(fields(_bytes(value))) if number == OPSETS else {}
        version = of.get(VERSION)
        if isinstance(version, int) and _text(of.get(DOMAIN, b"")) in ("", "ai.onnx"):
            found.add(version)
    return found


def outside(model: bytes) -> list[str]:
    """Names of tensors whose numbers are said to lie in another file, wherever that is."""
    found = []
    for tensor in _tensors(memoryview(model), "ModelProto"):
        of = dict(fields(tensor))
        if OUTSIDE in of or of.get(WHERE, 0) != 0:
            found.append(_text(of.get(NAME, b"")))
    return found


def constant(model: bytes, name: str) -> np.ndarray | None:
    """The numbers of the graph's tensor of this name, flat; None if it has no float32 of it."""
    graph = dict(fields(model)).get(GRAPH, b"")
    for number, value in fields(graph if isinstance(graph, memoryview) else b""):
        if number == INITIALIZERS and isinstance(value, memoryview):
            of = dict(fields(value))
            if _text(of.get(NAME, b"")) == name and of.get(TYPE) == FLOAT32:
                return np.frombuffer(_bytes(of.get(RAW) or of.get(FLOATS) or b""), "<f4")
    return None


def fields(message: bytes | memoryview) -> Iterator[tuple[int, Value]]:
    """Number and value of each; of a repeated one, each."""
    content, at = memoryview(message), 0
    while at < len(content):
        tag, at = _varint(content, at)
        kind = tag & 7
        if kind == 0:
            number, at = _varint(content, at)
            yield tag >> 3, number
            continue
        size, at = _varint(content, at) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), at)
        if size < 0 or at + size > len(content):
            raise InputError("is no ONNX file")
        yield tag >> 3, content[at : at + size]
        at += size


def _tensors(message: memoryview, kind: str) -> Iterator[memoryview]:
    if kind == "TensorProto":
        yield message
        return
    for number, value in fields(message):
        if number in WITHIN[kind] and isinstance(value, memoryview):
            yield from _tensors(value, WITHIN[kind][number])


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; and where it ends."""
    value = shift = 0
    while at < len(content):
        byte = content[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
    raise InputError("is no ONNX file")


def _bytes(value: Value | bytes) -> bytes:
    return b"" if isinstance(value, int) else bytes(value)


def _text(value: Value | bytes) -> str:
    return _bytes(value).decode(errors="replace")
