"""A training phase as data: what learns how fast, from which losses, and which epoch is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Phase:
    groups: tuple[tuple[str, float | None], ...]  # ordered (pattern, learning rate); None = frozen
    losses: dict[str, float]  # term -> weight
    keep: tuple[str, Literal["max", "min"]] | None  # metric of the epoch to keep; None: last
    hold: tuple[str, float] | None  # what may fall by no more than this, or else by the least
    batch: dict[str, int]  # samples of each kind in a step
    warmup_epochs: float
    beta2: float  # of AdamW: how long it remembers squared gradients
    weight_decay: float
    clip_norm: float

    def __post_init__(self) -> None:
        if not any(self.batch.values()) or min(self.batch.values()) < 0:
            raise ValueError("batch must name kinds of samples, at least one of one kind")
        if not any(weight > 0 for weight in self.losses.values()):
            raise ValueError("losses must hold at least one positive weight")
        if self.hold and not self.keep:
            raise ValueError("hold ranks epochs, so it needs keep")
        if min(self.losses.values()) < 0:
            raise ValueError("loss weights must not be negative")
