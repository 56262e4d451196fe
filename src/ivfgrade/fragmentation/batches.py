"""What one training step sees: images, masks and labels, and which of them are known."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor


@dataclass
class Batch:
    image: Tensor  # B 3 S S  float in [0, 1]
    valid: Tensor  # B 1 S S  1 inside the letterboxed image, 0 in its padding
    fragment: Tensor  # B 1 S S  0 where unknown
    embryo: Tensor  # B 1 S S  0 where unknown
    paired: Tensor  # B bool  the fragment mask is known
    has_embryo: Tensor  # B bool
    ratio: Tensor  # B
    has_ratio: Tensor  # B bool
    low: Tensor  # B  the grade's interval
    high: Tensor  # B
    has_grade: Tensor  # B bool
    outlined: Tensor  # B bool  the model predicts a mask (phase 2 does so for paired samples only)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What the model is called with."""
        return self.image, self.valid

    def replace(self, **changes: Tensor) -> Batch:
        return replace(self, **changes)

    def to(self, device: torch.device | str) -> Batch:
        moved = {f.name: getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)}
        return Batch(**moved)
