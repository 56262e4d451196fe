"""Bring a row and its trainings into MLflow. Sending twice changes nothing; sending half is mended.

A run counts as sent when its last tag says so. The pipeline never waits long and never fails here:
it says in one line what happened, and `ivfgrade track` makes up for it.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ivfgrade.errors import InputError
from ivfgrade.tracking import runs, store, tables
from ivfgrade.tracking.attachments import log_data, log_files, log_model
from ivfgrade.tracking.facts import RunFacts, plain, row_facts, training_facts
from ivfgrade.tracking.note import row_note
from ivfgrade.tracking.receipt import Row, content
from ivfgrade.tracking.store import ASKED, BRIEF, Patience, Unreachable

if TYPE_CHECKING:
    from mlflow import MlflowClient

DEADLINE_SECONDS = 20.0  # for a server; the checkout's own database is waited for


def send_in_passing(row: Row, root: Path) -> str:
    """For the pipeline: send if that can be had now; returns why not, empty when all is sent."""
    trouble: list[Exception] = [TimeoutError("it is slow")]

    def attempt() -> None:
        try:
            send(row, root, BRIEF)
            trouble.clear()
        except Exception as error:  # a view must not fail what it shows
            trouble[:] = [error]

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(None if store.is_own(root) else DEADLINE_SECONDS)
    for error in trouble:
        if isinstance(error, InputError):  # of the row's own files
            raise error
    return "".join(_reason(error) for error in trouble)


def send(row: Row, root: Path, patience: Patience = ASKED) -> bool:
    """Whether anything was missing."""
    facts, trainings = row_facts(row, content(row)), [training_facts(t) for t in row.trainings]
    client = store.connect(root, patience)
    try:
        table = tables.training_table(client, root, row.experiment)
        sent = [_send_training(client, table, training) for training in trainings]
        runs.end_abandoned(client, table)
        links = {
            training.stage: f"#/experiments/{table}/runs/{run_id}"
            for training, (run_id, _) in zip(row.trainings, sent, strict=True)
        }
        return _send_row(client, root, row, facts, links) or any(new for _, new in sent)
    except (OSError, _mlflow_error()) as error:
        raise Unreachable(_reason(error)) from error


def _send_training(client: MlflowClient, experiment: str, facts: RunFacts) -> tuple[str, bool]:
    run = runs.find_or_create(client, experiment, facts.key, facts.name, facts.started_ms)
    run_id = str(run.info.run_id)
    if run.data.tags.get(runs.SENT) == facts.sent:
        return run_id, False
    runs.add_params(client, run, facts.params)
    runs.add_metrics(client, run, facts.points)
    _finish(client, run_id, facts, dict(facts.tags))
    return run_id, True


def _send_row(
    client: MlflowClient, root: Path, row: Row, facts: RunFacts, links: dict[str, str]
) -> bool:
    experiment = tables.results_table(client, root, row.experiment)
    run = runs.find_or_create(client, experiment, facts.key, facts.name, facts.started_ms)
    if run.data.tags.get(runs.SENT) == facts.sent:
        return False
    runs.add_params(client, run, facts.params)
    runs.add_metrics(client, run, facts.points)
    log_data(client, run, row)
    log_files(client, run, row)
    log_model(client, run, row)  # after the metrics, which it copies
    metrics = {point.name: point.value for point in facts.points}
    addresses = {
        f"ivfgrade.{plain(stage)}_run": link.rsplit("/", 1)[1] for stage, link in links.items()
    }
    note = {"mlflow.note.content": row_note(row, metrics, links)}
    _finish(client, str(run.info.run_id), facts, {**facts.tags, **addresses, **note})
    return True


def _finish(client: MlflowClient, run_id: str, facts: RunFacts, tags: dict[str, str]) -> None:
    runs.set_tags(client, run_id, tags)
    client.set_terminated(run_id, "FINISHED", facts.finished_ms)
    client.set_tag(run_id, runs.SENT, facts.sent)


def _mlflow_error() -> type[Exception]:
    from mlflow.exceptions import MlflowException

    return MlflowException


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]
