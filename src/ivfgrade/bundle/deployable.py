"""Trained networks as one graph from raw pixels to an answer, not yet calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from onnx import ModelProto

from ivfgrade.bundle.calibrated import constants_to_begin_with
from ivfgrade.bundle.graph import whole
from ivfgrade.bundle.network import Dual, Single
from ivfgrade.bundle.ports import NETWORK
from ivfgrade.dataset.arrays import Arrays
from ivfgrade.export import GradingGraph
from ivfgrade.fragmentation.calibration import (
    EMBRYO_THRESHOLD,
    FILE,
    Calibration,
    calibrate,
    load_calibration,
)
from ivfgrade.fragmentation.model import AttnRegDeepLab
from ivfgrade.fragmentation.stored import load
from ivfgrade.grading import GradingScheme
from ivfgrade.onnx_export import as_onnx
from ivfgrade.training.precision import Compute

Reported = Literal["direct", "fused"]


@dataclass(frozen=True)
class Reading:
    """How outputs are read where a network's folder does not say so itself."""

    mask_threshold: float | None
    compute: Compute


@dataclass(frozen=True)
class Deployable:
    """The network as PyTorch runs it, and what the graph needs beside it."""

    network: Single | Dual
    strategy: str
    mask_threshold: float
    size: int

    @property
    def thresholds(self) -> tuple[float, float]:
        return self.mask_threshold, EMBRYO_THRESHOLD

    @property
    def described(self) -> dict[str, Any]:
        thresholds = dict(zip(("fragment", "embryo"), self.thresholds, strict=True))
        return {"strategy": self.strategy, "size": self.size, "thresholds": thresholds}

    @property
    def pooled(self) -> int:
        """How many clues of defects the network pools."""
        return sum(self.network.drawing.model.backbone.channels)


def deployable(
    outlines: Path, grades: Path, reported: Reported, arrays: Arrays, reading: Reading
) -> Deployable:
    """One network for both, or the outlines of one and the grade of another: then the latter's
    ratio is its regression, as the paper has it."""
    drawing, by = read_network(outlines, arrays, reading)
    if outlines == grades:
        single = Single(GradingGraph(drawing, by, reported))
        return Deployable(single.eval(), "single", by.mask_threshold, arrays.size)
    grading, other = read_network(grades, arrays, reading)
    dual = Dual(GradingGraph(drawing, by, "fused"), GradingGraph(grading, other, "direct"))
    return Deployable(dual.eval(), "dual", by.mask_threshold, arrays.size)


def read_network(
    folder: Path, arrays: Arrays, reading: Reading
) -> tuple[AttnRegDeepLab, Calibration]:
    """A row of the table has no calibration of its own: it is read as the table reads it."""
    network = load(folder)[0]
    if (folder / FILE).exists():
        return network, load_calibration(folder)
    return network, calibrate(network, arrays, reading.mask_threshold, reading.compute)


def to_graph(made: Deployable, scheme: GradingScheme, opset: int) -> ModelProto:
    """It refuses nothing, and its interval holds all."""
    constants = constants_to_begin_with(made.thresholds, scheme.borders, made.pooled)
    return whole(as_onnx(made.network, made.size, opset, NETWORK), made.size, constants)
