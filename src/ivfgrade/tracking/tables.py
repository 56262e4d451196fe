"""The two tables of runs in MLflow: results, and the trainings that led to them.

Two, so that every row of a table has the same columns. Each carries a view of its own, a set of
columns to begin with; otherwise MLflow would show no metric before somebody picks one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ivfgrade.tracking import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

VIEW = "headline"
VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"
RESULTS = ("test_dice", "test_mae_reported", "test_grade_accuracy", "test_kappa_quadratic")
TRAININGS = ("val_tuned_dice", "val_dice", "val_mae", "train_loss")


def results_table(client: MlflowClient, root: Path, experiment: str) -> str:
    about = "One run for each finished experiment: test metrics, pictures, the ONNX model."
    return store.experiment_id(client, root, experiment, _tags(about, RESULTS))


def training_table(client: MlflowClient, root: Path, experiment: str) -> str:
    about = f"One run for each training stage: its curves. The results are in {experiment}."
    return store.experiment_id(client, root, f"{experiment}-training", _tags(about, TRAININGS))


def addresses(client: MlflowClient) -> dict[str, str]:
    """Name of each table -> its page, with its own view."""
    query = f"workflowType=machine_learning&viewStateShareKey={VIEW}"
    return {
        experiment.name: f"#/experiments/{experiment.experiment_id}/runs?{query}"
        for experiment in client.search_experiments(order_by=["name ASC"])
        if VIEW_TAG in experiment.tags
    }


def _tags(about: str, metrics: Sequence[str]) -> dict[str, str]:
    columns = [f"metrics.`{name}`" for name in metrics]
    return {
        "mlflow.note.content": about,
        "mlflow.experimentKind": "custom_model_development",  # else the UI offers chat tools first
        VIEW_TAG: json.dumps({"selectedColumns": [*columns, "attributes.`Models`"]}),
    }
