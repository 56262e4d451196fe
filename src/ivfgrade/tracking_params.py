"""The section `track` of params.yaml; free of heavy imports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackParams:
    experiment: str  # name in MLflow; trainings go to a second one beside it

    def __post_init__(self) -> None:
        if not self.experiment.strip():
            raise ValueError("experiment must not be empty")
