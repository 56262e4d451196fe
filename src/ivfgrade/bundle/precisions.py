"""The variants of a graph and their files."""

from __future__ import annotations

FULL = "fp32"
TAKEN = "model.onnx"  # of FULL, which is used unless another is asked for
VERDICTS, MEASURED = "variants.json", "measured.csv"  # of all variants


def file_of(precision: str) -> str:
    return TAKEN if precision == FULL else f"model-{precision}.onnx"
