"""What tests of training share: a line to learn, and the phase that they vary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ivfgrade.training.loop import Objective, Run, Watch
from ivfgrade.training.phase import Phase
from ivfgrade.training.precision import Compute

CPU = Compute(torch.device("cpu"), torch.float32)
PHASE = Phase(
    groups=((".*", 0.05),),
    losses={"square": 1.0},
    keep=("error", "min"),
    hold=None,
    batch={"points": 8},
    warmup_epochs=1.0,
    beta2=0.999,
    weight_decay=0.0,
    clip_norm=10.0,
)


@dataclass
class Points:
    x: Tensor
    y: Tensor

    @property
    def inputs(self) -> tuple[Tensor]:
        return (self.x,)


class Line:
    """y = 2x - 1, shuffled anew in every epoch."""

    def __len__(self) -> int:
        return 4

    def epoch(self, number: int) -> Iterator[Points]:
        random = torch.Generator().manual_seed(number)
        for _ in range(len(self)):
            x = torch.rand(8, 1, generator=random)
            yield Points(x, 2 * x - 1)


def square(prediction: Tensor, batch: Points) -> Tensor:
    return (prediction - batch.y).square().mean()


def error(model: nn.Module) -> dict[str, float]:
    x = torch.linspace(0, 1, 11)[:, None]
    with torch.no_grad():
        return {"error": float((model(x) - (2 * x - 1)).abs().mean())}


SQUARE, ERROR = Objective({"square": square}), Watch(error)


def network() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 1))


def run(work: Path, epochs: int = 12) -> Run:
    work.mkdir(parents=True, exist_ok=True)
    return Run(epochs, 0, CPU, work, "test", lambda *_: None)
