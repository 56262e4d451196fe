"""The checkout's own store moves with it."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivfgrade.tracking import store
from ivfgrade.tracking.receipt import Row
from ivfgrade.tracking.send import send
from tests.tracking.shown import shown

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")


def test_a_moved_checkout_keeps_its_artifacts(
    root: Path, row: Row, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    send(row, root)
    moved = tmp_path_factory.mktemp("else where") / "checkout"
    shutil.move(root, moved)
    monkeypatch.chdir(moved)
    client = store.connect(moved, store.BRIEF)
    (run,) = shown(moved, "embryos")
    assert run.info.artifact_uri.startswith(moved.as_uri())
    local = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id,
        artifact_path="per_image.csv",
        tracking_uri=store.tracking_uri(moved),
    )
    assert Path(local).read_text().startswith("image,dice")
    model = client.get_logged_model(run.outputs.model_outputs[0].model_id)
    assert model.artifact_location.startswith(moved.as_uri())
    assert not send(row, moved)


def test_two_threads_of_a_process_can_make_the_store_at_once(tmp_path: Path) -> None:
    """One sends a training's curves while the other sends a row."""
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(store.prepare, [tmp_path, tmp_path]))
    client = store.connect(tmp_path, store.BRIEF)
    assert [experiment.name for experiment in client.search_experiments()] == ["Default"]
    assert [path.name for path in (tmp_path / "mlruns").iterdir()] == ["mlflow.db"]
