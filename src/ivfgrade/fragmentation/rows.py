"""The rows of the paper's Table 1 as data: what each changes in the recipe that all of them share.

A and D are the main line's two phases and have no entry. A `Learnt` row trains a whole network at
once, a `Frozen` one repeats phase 2 on another segmenter or with other losses. Every row spells
every column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.spec import (
    EstimatorSpec,
    Gate,
    Head,
    Injection,
    ModelSpec,
    Regressor,
    Segmenter,
    TeacherParams,
    Trunk,
    model_spec,
)
from ivfgrade.training.phase import Phase

REGRESSION = ("precise", "range", "likelihood")  # losses that teach the head
LOSSES = ("bce", "dice", "focal", "area", "area_range", "taught", "consistency", *REGRESSION)
OF_WHOLE_NETWORKS = ("area_range", "taught")  # losses on the outlines of images without a mask


@dataclass(frozen=True)
class Learnt:
    trunk: Trunk
    outlines: bool  # without, the network is a trunk and a regression head
    gate: Gate
    head: Head
    injection: Injection
    detach_injection: bool  # the mask losses do not train V_reg (S4.31)
    phase: str  # of the recipe
    descent: Literal["sum", "pcgrad"]  # a name in descent.DESCENTS
    images: tuple[str, ...]  # kinds of samples of the phase that take part
    passes_as: tuple[str, ...]  # learn for as many image passes as a row in which these take part
    losses: dict[str, float]  # in place of the phase's weights; 0 leaves a loss out
    teacher: TeacherParams | None  # of images without a mask, for the loss `taught`
    conflict_batches: int  # on which the two tasks' gradients are compared after each epoch

    def __post_init__(self) -> None:
        if self.conflict_batches < 0:
            raise ValueError("conflict_batches must not be negative")
        if self.conflict_batches and (not self.outlines or self.head == "none" or self.teacher):
            raise ValueError("conflict_batches must be 0 but where one network learns both tasks")
        if bool(self.teacher) != bool(self.losses.get("taught")):
            raise ValueError("teacher and the loss `taught` need each other")
        if self.teacher and (not self.outlines or "unmasked" not in self.images):
            raise ValueError("teacher must be null in a row without outlines or unmasked images")
        if self.injection != "none" and self.head == "none":
            raise ValueError("injection must be none in a row without a head")
        parts = (self.gate, self.injection, self.head)
        if self.outlines and self.trunk != "resnet50":
            raise ValueError("trunk must be resnet50 in a row that outlines")
        if not self.outlines and parts != ("none", "none", "multi_scale"):
            raise ValueError("gate and injection must be none, head multi_scale, without outlines")

    def of(self, phase: Phase) -> Phase:
        """The recipe's phase as this row goes through it."""
        ours = changed(phase, self.images, self.losses)
        if (self.head != "none") != bool(set(REGRESSION) & set(ours.losses)):
            raise InputError(f"a head and one of {', '.join(REGRESSION)} need each other")
        of_masks = [name for name in ours.losses if name not in REGRESSION]
        if of_masks and not self.outlines:
            raise InputError(f"a row without outlines cannot learn from the loss {of_masks[0]}")
        for kind in self.passes_as:
            if kind not in phase.batch:
                raise InputError(f"passes_as names {kind}; it can name {', '.join(phase.batch)}")
        return ours

    def epochs(self, phase: Phase, epochs: int) -> int:
        """Of this row, where a row with the images of `passes_as` has `epochs`."""
        passes, theirs = (
            sum(phase.batch[kind] for kind in kinds) for kinds in (self.images, self.passes_as)
        )
        return round(epochs * theirs / passes)

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

    phase: ClassVar[str] = "finetune"

    def of(self, phase: Phase) -> Phase:
        for name in self.losses:
            if name in OF_WHOLE_NETWORKS:
                raise InputError(
                    f"phase 2 cannot learn from the loss {name}: its outlines are cached"
                )
        return changed(phase, tuple(phase.batch), self.losses)


def changed(phase: Phase, images: Sequence[str], losses: Mapping[str, float]) -> Phase:
    """The phase with these kinds of samples alone, and some of its losses weighted otherwise."""
    left_out = [name for name, weight in losses.items() if not weight]
    asked_for = (
        ("image", images, phase.batch),
        ("loss", losses, LOSSES),
        ("loss", left_out, phase.losses),
    )
    for what, names, known in asked_for:
        for name in names:
            if name not in known:
                raise InputError(f"a row names {what} {name}; it can name {', '.join(known)}")
    weights = {**phase.losses, **losses}
    return replace(
        phase,
        batch={kind: phase.batch[kind] for kind in images},
        losses={name: weight for name, weight in weights.items() if weight},
    )
