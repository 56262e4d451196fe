"""Read the files of a row: what each of its MLflow runs shall hold. Knows nothing of MLflow."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ivfgrade.atomic import read_json
from ivfgrade.tracking.receipt import Row, Training, digest
from ivfgrade.tracking.runs import KIND, STAGE, Point, title

METRICS = "metrics.json"


@dataclass(frozen=True)
class RunFacts:
    name: str
    key: str
    sent: str  # digest of everything that is to be sent
    params: Mapping[str, Any]
    tags: Mapping[str, str]
    points: tuple[Point, ...]
    started_ms: int
    finished_ms: int


def training_facts(training: Training) -> RunFacts:
    provenance = read_json(Path(training.provenance))
    started, finished = _time_ms(provenance["started"]), _time_ms(provenance["finished"])
    points = tuple(_history(Path(training.history), started, finished))
    return RunFacts(
        name=title(training.stage, training.params),
        key=provenance["key"],
        sent=digest([provenance, [(p.name, p.step, p.value) for p in points]]),
        params=training.params,
        tags={KIND: "training", STAGE: training.stage, **_provenance_tags(provenance)},
        points=points,
        started_ms=started,
        finished_ms=finished,
    )


def row_facts(row: Row, content: Mapping[str, str]) -> RunFacts:
    """The run of the whole row; its duration is that of its trainings together."""
    provenances = [read_json(Path(training.provenance)) for training in row.trainings]
    last = max(provenances, key=lambda p: str(p["finished"]))
    finished = _time_ms(last["finished"])
    seconds = sum(float(provenance["seconds"]) for provenance in provenances)
    metrics = {**test_metrics(row), **parity_metrics(row), "training_seconds": seconds}
    stages = {f"ivfgrade.{plain(p['stage'])}_key": str(p["key"]) for p in provenances}
    return RunFacts(
        name=title(row.name, row.params),
        key=digest([row.name, row.params, stages, read_json(Path(row.evaluation) / METRICS)]),
        sent=digest([row.experiment, dict(content)]),
        params=row.params,
        tags={KIND: "experiment", "ivfgrade.row": row.name, **stages, **_provenance_tags(last)},
        points=tuple(Point(name, value, 0, finished) for name, value in metrics.items()),
        started_ms=finished - round(1000 * seconds),
        finished_ms=finished,
    )


def test_metrics(row: Row) -> dict[str, float]:
    """metrics.json flattened; evaluation opens the test split alone, and the names say so."""
    flat = flatten(read_json(Path(row.evaluation) / METRICS))
    return {name if name.startswith("test_") else f"test_{name}": v for name, v in flat.items()}


def plain(stage: str) -> str:
    """learn@C -> learn: a name that MLflow takes, the same for all rows."""
    return stage.partition("@")[0]


def parity_metrics(row: Row) -> dict[str, float]:
    if row.parity is None:
        return {}
    return {f"parity_{name}": v for name, v in flatten(read_json(Path(row.parity))).items()}


def flatten(node: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """{dice: {value: .6, low: .5}} -> {dice: .6, dice_low: .5}; only finite numbers."""
    flat: dict[str, float] = {}
    for key, value in node.items():
        name = prefix.removesuffix("_") if key == "value" and prefix else f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{name}_")
        elif isinstance(value, int | float) and math.isfinite(value):
            flat[_legal(name)] = float(value)
    return flat


def _history(path: Path, started_ms: int, finished_ms: int) -> Iterator[Point]:
    """Every column by epoch; the epochs are spread evenly over the time that the stage took."""
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    for number, line in enumerate(lines, start=1):
        step = int(float(line.pop("epoch")))
        time_ms = started_ms + round((finished_ms - started_ms) * number / len(lines))
        for name, text in line.items():
            if text and math.isfinite(float(text)):
                yield Point(_legal(name), float(text), step, time_ms)


def _provenance_tags(provenance: Mapping[str, Any]) -> dict[str, str]:
    """MLflow's own names where it has them: the runs table shows those in their own columns."""
    stage = provenance["stage"]
    tags = {
        "mlflow.source.name": f"dvc repro {stage}",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": str(provenance.get("commit", "")),
        "ivfgrade.packages": json.dumps(provenance.get("packages", {}), sort_keys=True),
    }
    skipped = {"stage", "key", "started", "finished", "commit", "packages", "params"}
    facts = {f"ivfgrade.{k}": str(v) for k, v in provenance.items() if k not in skipped}
    return {name: text for name, text in {**tags, **facts}.items() if text}


def _legal(name: str) -> str:
    """MLflow takes letters, digits and _-. :/ in the name of a metric."""
    return "".join(c if c.isalnum() or c in "_-. :/" else "_" for c in name)


def _time_ms(text: str) -> int:
    return round(1000 * datetime.fromisoformat(text).timestamp())
