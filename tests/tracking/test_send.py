"""A row arrives whole; a second send adds nothing, a broken one is completed."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivfgrade.tracking import runs, store
from ivfgrade.tracking.receipt import Row
from ivfgrade.tracking.send import send
from tests.tracking.results import EPOCHS, PARAMS, history_value
from tests.tracking.shown import shown

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")


def test_a_row_arrives_whole(root: Path, row: Row) -> None:
    import mlflow

    assert send(row, root)
    (run,) = shown(root, "embryos")
    assert run.info.run_name == "D · plus · quick · mine · seed 0"
    assert run.info.status == "FINISHED"
    assert run.info.end_time - run.info.start_time == 1_200_000  # both trainings, in ms
    assert run.data.metrics["test_dice"] == 0.5
    assert run.data.metrics["test_dice_low"] == 0.4
    assert run.data.params == {name: str(value) for name, value in PARAMS.items()}
    assert run.data.tags["mlflow.source.git.commit"] == "c0ffee"
    assert "Dice of the fragments | 0.500 | 0.400 - 0.600" in run.data.tags["mlflow.note.content"]
    contexts = {
        (d.dataset.name, d.tags[0].value, d.dataset.digest) for d in run.inputs.dataset_inputs
    }
    assert contexts == {(f"mine · {c}", c, "d" * 36) for c in ("training", "test")}
    client = mlflow.MlflowClient(store.tracking_uri(root))
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {"metrics.json", "per_image.csv", "contact_sheet.png", "parity.json"} <= files
    trainings = {t.data.tags[runs.STAGE]: t for t in shown(root, "embryos-training")}
    assert {f"ivfgrade.{stage}_run" for stage in trainings} <= set(run.data.tags)
    assert run.data.tags["ivfgrade.finetune_run"] == trainings["finetune"].info.run_id
    history = client.get_metric_history(trainings["pretrain"].info.run_id, "val_dice")
    assert [(m.step, m.value) for m in history] == [(e, history_value(e)) for e in range(EPOCHS)]


def test_the_attached_model_answers_like_the_file(root: Path, row: Row) -> None:
    import mlflow.onnx

    send(row, root)
    (run,) = shown(root, "embryos")
    (output,) = run.outputs.model_outputs
    model = mlflow.get_logged_model(output.model_id)
    assert model.experiment_id == run.info.experiment_id  # else it hangs under another table
    assert {metric.key for metric in model.metrics} == set(run.data.metrics)
    loaded = mlflow.pyfunc.load_model(model.model_uri)
    answer = loaded.predict({"image": np.float32([[1.0, 3.0]])})
    assert answer["ratio"].tolist() == [[2.0, 6.0]]


def everything(root: Path) -> dict[str, list[Any]]:
    """Every row of every table: what a send that adds nothing leaves as it was."""
    with sqlite3.connect(root / "mlruns/mlflow.db") as database:
        tables = [
            t for (t,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {
            table: sorted(map(repr, database.execute(f"SELECT * FROM {table}"))) for table in tables
        }


def test_a_second_send_writes_nothing(root: Path, row: Row) -> None:
    assert send(row, root)
    before = everything(root)
    assert not send(row, root)
    assert everything(root) == before


def test_a_half_finished_send_is_completed(
    root: Path, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the network went away")

    with monkeypatch.context() as patch:
        patch.setattr("ivfgrade.tracking.send.log_model", broken)
        with pytest.raises(store.Unreachable, match="went away"):
            send(row, root)
    assert send(row, root)
    (run,) = shown(root, "embryos")
    assert len(run.outputs.model_outputs) == 1
    assert run.data.metrics["test_dice"] == 0.5
    assert len(shown(root, "embryos-training")) == 2


def test_other_parameters_are_another_run(root: Path, row: Row) -> None:
    send(row, root)
    send(replace(row, params={**PARAMS, "seed": 1}), root)
    assert {run.data.params["seed"] for run in shown(root, "embryos")} == {"0", "1"}
    assert len(shown(root, "embryos-training")) == 2  # the trainings are the same ones
