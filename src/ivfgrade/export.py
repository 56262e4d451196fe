"""The trained network as one ONNX file that gives the same answers as PyTorch, or no file at all.

The graph starts where the letterbox ends (float image in [0, 1], valid mask) and holds everything
after it: pixel normalisation, network, sigmoid, calibration, fusion. A front end for raw images and
the bundle around the file can be joined to it without touching it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.calibration import Calibration
from ivfgrade.fragmentation.model import AttnRegDeepLab, Prediction
from ivfgrade.onnx_export import as_onnx

PROVIDERS = ("CPUExecutionProvider",)  # asking for CUDA prints an error on a machine without it
BATCHES = (1, 3)  # the batch sizes at which the two must agree


class Answer(NamedTuple):
    fragment_probability: Tensor  # B S S
    embryo_probability: Tensor  # B S S
    ratio: Tensor  # B
    ratio_direct: Tensor  # B
    ratio_soft: Tensor  # B


INPUTS = {
    "image": "float32 [batch, 3, S, S]: RGB in [0, 1], letterboxed, not normalised",
    "valid": "float32 [batch, 1, S, S]: 1 on the image, 0 on its padding",
}
OUTPUTS = {
    "fragment_probability": "float32 [batch, S, S]: of a pixel to show a fragment",
    "embryo_probability": "float32 [batch, S, S]: of a pixel to show a cell or a fragment",
    "ratio": "float32 [batch]: fragment area / embryo area in [0, 1], the reported ratio",
    "ratio_direct": "float32 [batch]: the same by the regression head alone",
    "ratio_soft": "float32 [batch]: the same by the calibrated soft masks alone",
}


class GradingGraph(nn.Module):
    """What is exported: the network, and what `Calibration` does after it, as tensor operations."""

    def __init__(self, model: AttnRegDeepLab, calibration: Calibration, reported: str) -> None:
        super().__init__()
        self.model, self.calibration = model.float(), calibration
        self.report = {"direct": self._direct, "fused": self._fused}[reported]
        self.eval()

    def forward(self, image: Tensor, valid: Tensor) -> Answer:
        return self.answer(self.model(image, valid), valid)

    def answer(self, prediction: Prediction, valid: Tensor) -> Answer:
        fragment_logit, embryo_logit = prediction.mask_logits.unbind(1)  # B S S each
        embryo = torch.sigmoid(embryo_logit)
        soft = self._soft_ratio(fragment_logit, embryo * valid[:, 0])
        ratio = self.report(prediction.ratio, soft)
        return Answer(torch.sigmoid(fragment_logit), embryo, ratio, prediction.ratio, soft)

    def _soft_ratio(self, fragment_logit: Tensor, embryo: Tensor) -> Tensor:
        by = self.calibration
        fragment = torch.sigmoid(fragment_logit / by.temperature + by.offset)
        return (fragment * embryo).sum((1, 2)) / embryo.sum((1, 2)).clamp_min(1.0)  # B

    def _direct(self, direct: Tensor, soft: Tensor) -> Tensor:  # noqa: ARG002
        return direct.clone()  # two outputs of a graph may not be one tensor

    def _fused(self, direct: Tensor, soft: Tensor) -> Tensor:
        by = self.calibration
        fused = by.intercept + by.weight_direct * direct + by.weight_soft * soft
        return fused.clamp(0.0, 1.0)


def to_onnx(graph: GradingGraph, size: int, opset: int, facts: Mapping[str, Any]) -> bytes:
    """One self-contained file for any batch size; `facts` become its metadata, as JSON each."""
    proto = as_onnx(graph, size, opset, tuple(OUTPUTS))
    contract = {"inputs": INPUTS, "outputs": OUTPUTS, "size": size, "opset": opset}
    described = {**contract, **facts, "calibration": asdict(graph.calibration)}
    onnx.helper.set_model_props(
        proto, {name: json.dumps(value, sort_keys=True) for name, value in described.items()}
    )
    onnx.checker.check_model(proto, full_check=True)
    return proto.SerializeToString(deterministic=True)


@dataclass(frozen=True)
class Parity:
    """Largest absolute difference between ONNX Runtime and PyTorch, per batch size and output."""

    differences: dict[str, dict[str, float]]
    images: int
    providers: tuple[str, ...]

    @property
    def worst(self) -> float:
        return float(np.max([list(outputs.values()) for outputs in self.differences.values()]))

    def require(self, tolerance: float) -> None:
        if not self.worst <= tolerance:  # NaN, which np.max lets through, fails too
            where = ", ".join(
                f"{output} at {batch}"
                for batch, outputs in self.differences.items()
                for output, value in outputs.items()
                if not value <= tolerance
            )
            raise InputError(
                f"ONNX Runtime and PyTorch differ by {self.worst:.2g} in {where}, more than "
                f"export.parity_tolerance {tolerance:g}; no model was written"
            )


def parity(content: bytes, graph: GradingGraph, image: Tensor, valid: Tensor) -> Parity:
    """Both runtimes on the same images, float32 on the CPU, at every batch size of BATCHES."""
    graph = graph.cpu()
    session = onnxruntime.InferenceSession(content, providers=list(PROVIDERS))
    differences = {}
    for size in BATCHES:
        largest = np.zeros(len(OUTPUTS))
        for some_image, some_valid in zip(image.split(size), valid.split(size), strict=True):
            feed = {"image": some_image.numpy(), "valid": some_valid.numpy()}
            found = session.run(list(OUTPUTS), feed)
            with torch.inference_mode():
                expected = graph(some_image, some_valid)
            gaps = [np.abs(a - b.numpy()).max() for a, b in zip(found, expected, strict=True)]
            largest = np.maximum(largest, gaps)
        differences[f"batch_{size}"] = dict(zip(OUTPUTS, map(float, largest), strict=True))
    return Parity(differences, len(image), tuple(session.get_providers()))


def describe(result: Parity, content: bytes, opset: int, tolerance: float) -> dict[str, Any]:
    """parity.json: that the file is right, and which file it is."""
    return {
        "max_abs_difference": result.differences,
        "worst": result.worst,
        "tolerance": tolerance,
        "images": result.images,
        "providers": list(result.providers),
        "opset": opset,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
