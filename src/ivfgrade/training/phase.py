"""A training phase as data: what learns how fast, from which losses, and which epoch is kept."""

from __future__ import annotations

import math
import re
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
        if not all(0 <= weight < math.inf for weight in self.losses.values()):
            raise ValueError("loss weights must be finite and not negative")
        for pattern, rate in self.groups:
            _require_pattern(pattern)
            if rate is not None and not 0 < rate < math.inf:
                raise ValueError(
                    f"groups: the rate of {pattern!r} must be positive, or null to freeze"
                )
        if not 0 <= self.beta2 < 1:
            raise ValueError("beta2 must lie in [0, 1)")
        if not (self.clip_norm > 0 and self.weight_decay >= 0 and self.warmup_epochs >= 0):
            raise ValueError(
                "clip_norm must be positive, weight_decay and warmup_epochs not negative"
            )


def _require_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"groups: {pattern!r} is no regular expression: {error}") from error
