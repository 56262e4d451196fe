"""What MLflow shows of a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ivfgrade.tracking import store


def shown(root: Path, experiment: str) -> list[Any]:
    import mlflow

    client = mlflow.MlflowClient(store.tracking_uri(root))
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id])) if found else []
