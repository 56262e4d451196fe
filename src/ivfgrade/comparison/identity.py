"""Which trial it is: its seed and fold, and the values and trainings that are behind its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Of a trial that has run, or of one that is yet to be trained."""

    training_seed: int
    fold: int | None  # None: a single split
    profile: str
    recipe: str
    data_digest: str | None = None  # None: it has not read its data yet
    values: Mapping[str, Any] = field(default_factory=dict)  # of params.yaml, where it was kept
    # row -> its row.json; none before a row is trained
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"training seed {self.training_seed}, " + (
            "single split" if self.fold is None else f"fold {self.fold}"
        )
