"""A project with one registered bundle, made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from ivfgrade.bundle.pack import Contents, pack
from ivfgrade.registry.register import register
from ivfgrade.registry.versions import NAME
from ivfgrade.tracking import store
from tests.bundle.made import LICENCE, graph, manifest, picture

METRICS = {"mae": {"value": 0.05, "low": 0.04, "high": 0.06}, "coverage": 0.91, "dice": 0.6}
MADE_FROM = {"commit": "c0ffee", "data_digest": "d" * 64}


@dataclass(frozen=True)
class Project:
    root: Path
    bundle: Path  # registered as version 1
    digest: str


def packed(folder: Path, **changes: Any) -> tuple[Path, str]:
    """A bundle like `made.bundle`, measured on known data; `changes` of its manifest."""
    model = graph()
    samples = [picture(folder / "pictures" / f"{level}.png", level) for level in (90, 255)]
    about = replace(manifest(model), metrics=METRICS, made_from=MADE_FROM)
    contents = Contents(replace(about, **changes), {"model.onnx": model}, samples, LICENCE)
    return folder / "made", pack(folder / "made", contents)


@contextmanager
def connected(root: Path) -> Iterator[MlflowClient]:
    """Leaves no address behind for the next test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield store.connect(root, store.ASKED)
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("project")
    bundle, digest = packed(tmp_path_factory.mktemp("bundle"))
    with connected(root) as client:
        register(client, root, bundle, NAME, digest)
    return Project(root, bundle, digest)


@pytest.fixture
def project(first: Project, tmp_path: Path) -> Project:
    """A copy, so that no test sees another's versions; the store follows to where it is."""
    shutil.copytree(first.root, tmp_path / "project")
    return replace(first, root=tmp_path / "project")


@pytest.fixture
def client(project: Project) -> Iterator[MlflowClient]:
    with connected(project.root) as client:
        yield client
