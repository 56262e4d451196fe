"""What a training gives, and how a stage leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from ivfgrade.fragmentation.spec import EstimatorSpec, ModelSpec
from ivfgrade.fragmentation.stored import Network, store
from ivfgrade.inputs import StageRun
from ivfgrade.training.checkpoints import HISTORY
from ivfgrade.training.loop import Row, write_history
from ivfgrade.training.memory import peak_memory_gb

AnyNetwork = TypeVar("AnyNetwork", bound=Network)


@dataclass(frozen=True)
class Trained(Generic[AnyNetwork]):
    model: AnyNetwork  # whole, and as it is used
    history: list[Row]  # one row per epoch
    facts: dict[str, Any]  # for the record: how it came about

    def leave(self, folder: Path, spec: ModelSpec | EstimatorSpec, stage: StageRun) -> None:
        """The network in its folder, with what it took."""
        device = next(self.model.parameters()).device
        peak = round(peak_memory_gb(device), 2)
        stage.note(**self.facts, peak_memory_gb=peak)
        store(folder, self.model.state_dict(), spec, **self.facts)
        write_history(folder / HISTORY, self.history)
        print(f"peak memory {peak} GB")
