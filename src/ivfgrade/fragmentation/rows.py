"""The rows of the paper's Table 1 as data: what each changes in the recipe that all of them share.

A and D are the main line's two phases and have no entry. A `Learnt` row trains a whole network at
once, a `Frozen` one repeats phase 2 in another way. Every row spells every column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.spec import EstimatorSpec, ModelSpec, Regressor, Segmenter, model_spec
from ivfgrade.training.phase import Phase


@dataclass(frozen=True)
class Learnt:
    trunk: str  # a name in regression.TRUNKS
    outlines: bool  # without, the network is a trunk and a regression head
    gate: str  # a name in model.GATES
    head: str  # in model.HEADS
    injection: str  # in model.INJECTIONS
    detach_injection: bool  # the mask losses do not train V_reg (S4.31)
    phase: str  # of the recipe
    descent: Literal["sum", "pcgrad"]  # in place of the phase's
    images: tuple[str, ...]  # kinds of samples of the phase that take part
    without: tuple[str, ...]  # losses of the phase that do not

    def __post_init__(self) -> None:
        parts = (self.gate, self.injection, self.head)
        if self.outlines and self.trunk != "resnet50":
            raise ValueError("trunk must be resnet50 in a row that outlines")
        if not self.outlines and parts != ("none", "none", "multi_scale"):
            raise ValueError("gate and injection must be none, head multi_scale, without outlines")

    def of(self, phase: Phase) -> Phase:
        """The recipe's phase as this row goes through it."""
        return replace(narrowed(phase, self.images, self.without), descent=self.descent)

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
    without: tuple[str, ...]

    def of(self, phase: Phase) -> Phase:
        return narrowed(phase, tuple(phase.batch), self.without)


@dataclass(frozen=True)
class Experiments:
    conflict_batches: int  # on which the two tasks' gradients are compared after each epoch
    learnt: dict[str, Learnt]
    frozen: dict[str, Frozen]

    def __post_init__(self) -> None:
        if self.conflict_batches < 1:
            raise ValueError("conflict_batches must be at least 1")
        twice = sorted(set(self.learnt) & set(self.frozen))
        if twice:
            raise ValueError(f"learnt and frozen both name a row {twice[0]}")


def narrowed(phase: Phase, images: Sequence[str], without: Sequence[str]) -> Phase:
    """The phase with these kinds of samples alone, and without some of its losses."""
    for what, names, known in (("image", images, phase.batch), ("loss", without, phase.losses)):
        for name in names:
            if name not in known:
                raise InputError(f"a row names {what} {name}; its phase has {', '.join(known)}")
    return replace(
        phase,
        batch={kind: phase.batch[kind] for kind in images},
        losses={name: weight for name, weight in phase.losses.items() if name not in without},
    )
