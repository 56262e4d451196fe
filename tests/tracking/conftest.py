from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivfgrade.tracking import store
from ivfgrade.tracking.receipt import Row
from tests.tracking.results import write_results


@pytest.fixture(scope="session")
def born(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with an empty store: making one takes seconds, copying it none."""
    root = tmp_path_factory.mktemp("born")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        store.connect(root, store.BRIEF)
    return root


@pytest.fixture
def root(
    born: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _quiet_process: None
) -> Iterator[Path]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copytree(born, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def _quiet_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave neither variables nor an address behind for the next test."""
    import mlflow

    with monkeypatch.context() as patch:
        for name in ("MLFLOW_HTTP_REQUEST_TIMEOUT", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"):
            patch.delenv(name, raising=False)
        yield
    mlflow.set_tracking_uri(None)


@pytest.fixture
def row(root: Path) -> Row:
    return write_results(root)
