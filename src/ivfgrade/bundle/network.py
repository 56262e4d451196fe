"""What the graph computes between letterbox and decision: ratios, doubt, clues of defects."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ivfgrade.bundle import quality
from ivfgrade.export import Answer, GradingGraph
from ivfgrade.fragmentation.model import Features


class Found(NamedTuple):
    maps: Tensor  # B 2 S S  probability of fragment and embryo
    ratio: Tensor  # B  reported
    direct: Tensor  # B
    soft: Tensor  # B
    doubt: Tensor  # B
    seen: Tensor  # B 3  quality.SEEN
    focus: Tensor  # B quality.FOCUS
    pooled: Tensor  # B 3072


class Single(nn.Module):
    """One network for outlines and ratio."""

    def __init__(self, graph: GradingGraph) -> None:
        super().__init__()
        self.drawing = graph

    def forward(self, image: Tensor, valid: Tensor) -> Found:
        features, answer = answered(self.drawing, image, valid)
        return found(image, valid, answer, answer, features)


class Dual(nn.Module):
    """The paper's pair: the outlines of one network, the ratio of another."""

    def __init__(self, drawing: GradingGraph, grading: GradingGraph) -> None:
        super().__init__()
        self.drawing, self.grading = drawing, grading

    def forward(self, image: Tensor, valid: Tensor) -> Found:
        features, drawn = answered(self.drawing, image, valid)
        return found(image, valid, drawn, self.grading(image, valid), features)


def answered(graph: GradingGraph, image: Tensor, valid: Tensor) -> tuple[Features, Answer]:
    features = graph.model.features(image, valid)
    return features, graph.answer(graph.model.heads(features, valid), valid)


def found(image: Tensor, valid: Tensor, drawn: Answer, graded: Answer, features: Features) -> Found:
    """Outlines and their soft ratio of the one, ratio of the other; clues of who draws."""
    maps = torch.stack([drawn.fragment_probability, drawn.embryo_probability], 1) * valid
    embryo = maps[:, 1]
    return Found(
        maps,
        graded.ratio,
        graded.ratio_direct,
        drawn.ratio_soft,
        doubt(maps),
        quality.seen(image, valid, embryo),
        quality.focus(image, valid, embryo),
        features.pooled,
    )


def doubt(maps: Tensor) -> Tensor:
    """Share of the embryo of which it is open whether it is fragment: mean of 4 p (1 - p)."""
    fragment, embryo = maps.unbind(1)  # B S S each
    open_ = 4 * fragment * (1 - fragment) * embryo
    return open_.sum((1, 2)) / embryo.sum((1, 2)).clamp_min(1.0)  # B
