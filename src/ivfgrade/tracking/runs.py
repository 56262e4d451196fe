"""One MLflow run per key: found or made, given what it lacks, and never given anything twice."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

KEY, KIND, STAGE = "ivfgrade.key", "ivfgrade.kind", "ivfgrade.stage"
SENT = "ivfgrade.sent"  # the last thing written: without it a run is incomplete
PROCESS = "ivfgrade.process"  # host:pid of a training that logs live
MAX_PARAM, MAX_TAG, METRICS_PER_BATCH, PARAMS_PER_BATCH = 6000, 8000, 1000, 100


@dataclass(frozen=True)
class Point:
    name: str
    value: float
    step: int
    time_ms: int


def title(what: str, params: Mapping[str, Any]) -> str:
    """'D · plus · quick · mine · seed 0': what ran, by which recipe, in which profile, on what."""
    names = [str(params[key]) for key in ("recipe.name", "profile.name") if params.get(key)]
    names += [PurePath(params["data.root"]).name] if "data.root" in params else []
    seed = [f"seed {params['seed']}"] if "seed" in params else []
    return " · ".join([what, *names, *seed])


def find(client: MlflowClient, experiment: str, key: str) -> Run | None:
    query = f"tags.`{KEY}` = '{key}'"
    runs = client.search_runs(
        [experiment], query, max_results=1, order_by=["attributes.start_time ASC"]
    )
    return runs[0] if runs else None


def find_or_create(
    client: MlflowClient, experiment: str, key: str, name: str, started_ms: int
) -> Run:
    found = find(client, experiment, key)
    if found is not None:
        return found
    return client.create_run(experiment, started_ms, tags={KEY: key}, run_name=name)


def add_params(client: MlflowClient, run: Run, params: Mapping[str, Any]) -> None:
    """MLflow refuses to change a parameter, and the key says that none has changed."""
    from mlflow.entities import Param

    known = run.data.params
    new = [Param(name, str(v)[:MAX_PARAM]) for name, v in params.items() if name not in known]
    for part in _parts(new, PARAMS_PER_BATCH):
        client.log_batch(run.info.run_id, params=part)


def add_metrics(client: MlflowClient, run: Run, points: Iterable[Point]) -> None:
    """The points that the run lacks; what it has may have come live, or from an earlier attempt.

    Live values have all their digits, those of a history file eight: they are compared as such.
    """
    from mlflow.entities import Metric

    points = list(points)
    run_id = run.info.run_id
    names = {point.name for point in points} & set(run.data.metrics)
    present = {
        (name, metric.step, _rounded(metric.value))
        for name in names
        for metric in client.get_metric_history(run_id, name)
    }
    new = [
        Metric(point.name, point.value, point.time_ms, point.step)
        for point in points
        if (point.name, point.step, _rounded(point.value)) not in present
    ]
    for part in _parts(new, METRICS_PER_BATCH):
        client.log_batch(run_id, metrics=part)


def set_tags(client: MlflowClient, run_id: str, tags: Mapping[str, str]) -> None:
    from mlflow.entities import RunTag

    client.log_batch(run_id, tags=[RunTag(name, text[:MAX_TAG]) for name, text in tags.items()])


def end_abandoned(client: MlflowClient, experiment: str) -> None:
    """A training that was killed cannot say so itself: its run would read RUNNING for ever."""
    running = client.search_runs([experiment], "attributes.status = 'RUNNING'")
    for run in running:
        host, _, process = run.data.tags.get(PROCESS, "").partition(":")
        if host == platform.node() and not _alive(int(process or 0)):
            client.set_terminated(run.info.run_id, "KILLED")


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _rounded(value: float) -> str:
    return f"{value:.8g}"


def _parts(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
