"""What the graph computes between the letterbox and the decision: ratios, doubt, and quality."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ivfgrade.bundle.quality import measures
from ivfgrade.export import GradingGraph


class Measured(NamedTuple):
    maps: Tensor  # B 2 S S  probability of fragment and embryo
    ratio: Tensor  # B  reported
    direct: Tensor  # B
    soft: Tensor  # B
    doubt: Tensor  # B
    measured: Tensor  # B Q


class Single(nn.Module):
    """One network for outlines and ratio."""

    def __init__(self, graph: GradingGraph) -> None:
        super().__init__()
        self.network = graph  # not `graph`: the exporter has one of its own

    def forward(self, image: Tensor, valid: Tensor) -> Measured:
        answer = self.network(image, valid)
        maps = torch.stack([answer.fragment_probability, answer.embryo_probability], 1) * valid
        return Measured(
            maps, answer.ratio, answer.ratio_direct, answer.ratio_soft, doubt(maps),
            measures(image, valid, maps[:, 1]),
        )  # fmt: skip


class Dual(nn.Module):
    """The paper's pair: the outlines of one network, the ratio of another."""

    def __init__(self, outlines: GradingGraph, grades: GradingGraph) -> None:
        super().__init__()
        self.outlines, self.grades = outlines, grades

    def forward(self, image: Tensor, valid: Tensor) -> Measured:
        drawn, graded = self.outlines(image, valid), self.grades(image, valid)
        maps = torch.stack([drawn.fragment_probability, drawn.embryo_probability], 1) * valid
        return Measured(
            maps, graded.ratio, graded.ratio_direct, drawn.ratio_soft, doubt(maps),
            measures(image, valid, maps[:, 1]),
        )  # fmt: skip


def doubt(maps: Tensor) -> Tensor:
    """Share of the embryo of which it is open whether it is fragment: mean of 4 p (1 - p)."""
    fragment, embryo = maps.unbind(1)  # B S S each
    open_ = 4 * fragment * (1 - fragment) * embryo
    return open_.sum((1, 2)) / embryo.sum((1, 2)).clamp_min(1.0)  # B
