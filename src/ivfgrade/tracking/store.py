"""Where runs are kept: SQLite in the checkout, or whatever MLFLOW_TRACKING_URI names.

MLflow's own habits need care here (version 3.17): it would report usage, wait minutes for a server
that is down, and record artifact locations as absolute paths that break when a checkout moves.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOLDER, DATABASE, ARTIFACTS, RECEIPTS = "mlruns", "mlflow.db", "artifacts", "receipts"
LOCATIONS = {
    "experiments": "artifact_location",
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
    "model_versions": "storage_location",
}
STALE_SECONDS = 600
MAKING = threading.Lock()  # one thread at a time: the migrations share state within a process


class Unreachable(Exception):
    """The store cannot be had now; what was to be sent can be sent later."""


@dataclass(frozen=True)
class Patience:
    """How long one request to a server may take, and how often it is tried again."""

    seconds: int
    retries: int


BRIEF = Patience(seconds=3, retries=1)  # inside the pipeline
ASKED = Patience(seconds=60, retries=3)  # somebody waits for it


def tracking_uri(root: Path) -> str:
    """Absolute, because MLflow would resolve a relative one against any later working folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _sqlite_uri(_database(root))


def artifact_root(root: Path) -> str:
    return (root.resolve() / FOLDER / ARTIFACTS).as_uri()


def is_own(root: Path) -> bool:
    """Whether runs go to the checkout's own database."""
    return tracking_uri(root) == _sqlite_uri(_database(root))


def receipts(root: Path) -> list[Path]:
    return sorted((root / FOLDER / RECEIPTS).rglob("*.json"))


def connect(root: Path, patience: Patience) -> MlflowClient:
    """A client for the store, which is made first, or found to be out of reach at once."""
    set_environment(patience)
    uri = tracking_uri(root)
    if uri.startswith(("http://", "https://")):
        _require_answer(uri, patience.seconds)
    try:
        import mlflow
    except ImportError as error:
        raise Unreachable("mlflow is not installed") from error
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if is_own(root):
        prepare(root)
    _announce(uri)
    return mlflow.MlflowClient(uri)


def _announce(uri: str) -> None:
    """The model flavours know no other way. It also sets the variable by which a user names a
    server, which would outlive a move of the checkout."""
    import mlflow

    given = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    if given is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)


def set_environment(patience: Patience) -> None:
    """No telemetry, no endless retries, no complaint about a missing git."""
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_LOG_UV_FILES": "false",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(patience.seconds),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": str(patience.retries),
    }.items():
        os.environ.setdefault(name, value)


def prepare(root: Path) -> None:
    """Make the checkout's own database, or follow the checkout to where it was moved."""
    database = _database(root)
    try:
        database.parent.mkdir(exist_ok=True)
        with MAKING:
            if database.exists():
                relocate(database, artifact_root(root))
            else:
                _create(database, artifact_root(root))
    except (OSError, sqlite3.Error) as error:  # MLflow itself would try again for minutes
        raise Unreachable(str(error)) from error


def relocate(database: Path, artifacts: str) -> None:
    """Rewrite the recorded artifact locations when the checkout is not where it was."""
    with closing(sqlite3.connect(database)) as connection, connection:
        first = "SELECT artifact_location FROM experiments ORDER BY experiment_id LIMIT 1"
        recorded = connection.execute(first).fetchone()
        old = recorded[0].rsplit("/", 1)[0] if recorded else artifacts
        if old == artifacts:
            return
        for table, column in LOCATIONS.items():
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?)"
                f" WHERE substr({column}, 1, ?) = ?",
                (artifacts + "/", len(old) + 2, len(old) + 1, old + "/"),
            )


def experiment_id(client: MlflowClient, root: Path, name: str, tags: Mapping[str, str]) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        folder = "".join(c if c.isalnum() else "-" for c in name)
        location = f"{artifact_root(root)}/{quote(folder)}" if is_own(root) else None
        return str(client.create_experiment(name, artifact_location=location, tags=dict(tags)))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _create(database: Path, artifacts: str) -> None:
    """Built aside and then linked into place, so that a kill, or another stage that does the same
    at the same time, never leaves a half-made database."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    for leftover in database.parent.glob(f"{database.name}.*.partial"):
        if time.time() - leftover.stat().st_mtime > STALE_SECONDS:
            leftover.unlink(missing_ok=True)
    partial = database.with_name(f"{database.name}.{os.getpid()}.partial")
    SqlAlchemyStore(_sqlite_uri(partial), artifacts)._dispose_engine()
    try:
        os.link(partial, database)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        os.replace(partial, database)
    partial.unlink(missing_ok=True)


def _database(root: Path) -> Path:
    return root.resolve() / FOLDER / DATABASE


def _sqlite_uri(database: Path) -> str:
    return f"sqlite:///{quote(database.as_posix())}"


def _require_answer(uri: str, seconds: int) -> None:
    """Any answer will do, a refusal too: it is the silence that costs minutes."""
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=seconds):
            pass
    except urllib.error.HTTPError:
        pass
    except OSError as error:
        raise Unreachable(str(getattr(error, "reason", error))) from error
