"""The rows of the paper's Table 1 as data: what each changes in the recipe that all of them share.

A and D are the main line's two phases and have no entry. A `Learnt` row trains a whole network at
once, a `Frozen` one repeats phase 2 on another segmenter or with other losses. Every row spells
every column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.spec import (
    EstimatorSpec,
    ModelSpec,
    Regressor,
    Segmenter,
    TeacherParams,
    model_spec,
)
from ivfgrade.training.phase import Phase

MAIN_LINE = ("A", "D")  # its phases


@dataclass(frozen=True)
class Learnt:
    trunk: str  # a name in regression.TRUNKS
    outlines: bool  # without, the network is a trunk and a regression head
    gate: str  # a name in model.GATES
    head: str  # in model.HEADS
    injection: str  # in model.INJECTIONS
    detach_injection: bool  # the mask losses do not train V_reg (S4.31)
    phase: str  # of the recipe
    descent: Literal["sum", "pcgrad"]  # a name in descent.DESCENTS
    images: tuple[str, ...]  # kinds of samples of the phase that take part
    losses: dict[str, float]  # in place of the phase's weights; 0 leaves a loss out
    teacher: TeacherParams | None  # of images without a mask, for the loss `taught`
    conflict_batches: int  # on which the two tasks' gradients are compared after each epoch

    def __post_init__(self) -> None:
        if self.conflict_batches < 0:
            raise ValueError("conflict_batches must not be negative")
        if self.conflict_batches and (not self.outlines or self.head == "none" or self.teacher):
            raise ValueError("conflict_batches must be 0 but where one network learns both tasks")
        if (self.teacher is None) != ("taught" not in self.losses):
            raise ValueError("teacher and the loss `taught` need each other")
        if self.teacher and not self.outlines:
            raise ValueError("teacher must be null in a row that does not outline")
        parts = (self.gate, self.injection, self.head)
        if self.outlines and self.trunk != "resnet50":
            raise ValueError("trunk must be resnet50 in a row that outlines")
        if not self.outlines and parts != ("none", "none", "multi_scale"):
            raise ValueError("gate and injection must be none, head multi_scale, without outlines")

    def of(self, phase: Phase) -> Phase:
        """The recipe's phase as this row goes through it."""
        return changed(phase, self.images, self.losses)

    def spec(self, segmenter: Segmenter, regressor: Regressor) -> ModelSpec | EstimatorSpec:
        if not self.outlines:
            return EstimatorSpec(self.trunk, regressor.head_dropout)
        parts = replace(
            regressor,
            head=self.head,
            injection=self.injection,
            detach_injection=self.detach_injection,
        )
        return model_spec(replace(segmenter, gate=self.gate), parts)


@dataclass(frozen=True)
class Frozen:
    segmenter: str  # the folder of the network on which phase 2 stands
    losses: dict[str, float]  # as in a learnt row

    def of(self, phase: Phase) -> Phase:
        return changed(phase, tuple(phase.batch), self.losses)


@dataclass(frozen=True)
class Experiments:
    learnt: dict[str, Learnt]
    frozen: dict[str, Frozen]
    models: dict[str, str]  # row -> folder of its network; the rows of the table, in its order
    explained: dict[str, str]  # likewise, the rows whose heat maps are measured

    def __post_init__(self) -> None:
        twice = sorted(set(self.learnt) & set(self.frozen))
        if twice:
            raise ValueError(f"learnt and frozen both name a row {twice[0]}")
        described = {*MAIN_LINE, *self.learnt, *self.frozen}
        for name in {**self.models, **self.explained}:
            if name not in described:
                raise ValueError(f"models or explained name {name}, a row that is not described")
        if not self.explained:
            raise ValueError("explained must name at least one row, as B2, C or D")
        for name in self.frozen.keys() & self.models.keys():
            below = self.frozen[name].segmenter
            if below not in self.models.values():
                raise ValueError(f"models names {name}, but not the row of {below}, its segmenter")


def changed(phase: Phase, images: Sequence[str], losses: Mapping[str, float]) -> Phase:
    """The phase with these kinds of samples alone, and some of its losses weighted otherwise."""
    left_out = [name for name, weight in losses.items() if not weight]
    for what, names, known in (("image", images, phase.batch), ("loss", left_out, phase.losses)):
        for name in names:
            if name not in known:
                raise InputError(f"a row names {what} {name}; its phase has {', '.join(known)}")
    weights = {**phase.losses, **losses}
    return replace(
        phase,
        batch={kind: phase.batch[kind] for kind in images},
        losses={name: weight for name, weight in weights.items() if weight},
    )
