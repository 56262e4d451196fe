"""Tracking: a second send adds nothing, a dead server costs nothing, a move loses nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ivfgrade import tracking
from ivfgrade.cli_tracking import complete
from ivfgrade.errors import InputError
from ivfgrade.tracking import runs, store
from ivfgrade.tracking.facts import flatten, row_facts
from ivfgrade.tracking.own_params import own_params
from ivfgrade.tracking.receipt import Row, Training, content, read_receipt, write_receipt
from ivfgrade.tracking.send import send, send_in_passing

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")

NOWHERE = "http://127.0.0.1:9"
EPOCHS = 3
PARAMS = {"seed": 0, "recipe.name": "plus", "profile.name": "quick", "data.root": "data/raw/mine"}


@pytest.fixture(scope="module")
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


def write_results(root: Path, dice: float = 0.5) -> Row:
    for stage in ("pretrain", "finetune"):
        put(root / f"{stage}.json", provenance(stage))
        lines = ["epoch,lr,val_dice", *(f"{e}.0,0.001,{history_value(e)}" for e in range(EPOCHS))]
        (root / f"{stage}.csv").write_text("\n".join(lines) + "\n")
    metrics = {"dice": {"value": dice, "low": 0.4, "high": 0.6}, "rules": {"dice": "mean"}}
    put(root / "evaluation/metrics.json", metrics)
    (root / "evaluation/per_image.csv").write_text("image,dice\na.png,0.5\n")
    (root / "evaluation/contact_sheet.png").write_bytes(b"picture")
    put(root / "parity.json", {"worst": 1e-6})
    put(root / "summary.json", summary())
    (root / "manifest.csv").write_text("image,patient,split\na.png,p,train\nb.png,q,test\n")
    onnx.save(tiny_network(), root / "model.onnx")
    trainings = tuple(
        Training(stage, f"{stage}.json", f"{stage}.csv", PARAMS)
        for stage in ("pretrain", "finetune")
    )
    files = ("evaluation", "parity.json", "model.onnx", "manifest.csv", "summary.json")
    return Row("D", "embryos", PARAMS, trainings, *files)


def history_value(epoch: int) -> float:
    return 0.1 * (epoch + 1)


def provenance(stage: str) -> dict[str, Any]:
    hour = {"pretrain": 10, "finetune": 11}[stage]
    return {
        "stage": stage,
        "key": f"key-of-{stage}",
        "started": f"2026-01-01T{hour}:00:00+00:00",
        "finished": f"2026-01-01T{hour}:10:00+00:00",
        "seconds": 600.0,
        "commit": "c0ffee",
        "dirty": True,
        "host": "lab",
    }


def summary() -> dict[str, Any]:
    return {
        "images": 2,
        "patients": 2,
        "images_per_split": {"test": {"paired": 1}},
        "patients_per_split": {"test": 1},
        "data_digest": "d" * 64,
    }


def tiny_network() -> onnx.ModelProto:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 2])
    ratio = helper.make_tensor_value_info("ratio", TensorProto.FLOAT, ["batch", 2])
    weight = numpy_helper.from_array(np.float32([2.0]), "weight")
    node = helper.make_node("Mul", ["image", "weight"], ["ratio"])
    graph = helper.make_graph([node], "tiny", [image], [ratio], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def put(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def everything(root: Path) -> dict[str, list[Any]]:
    """Every row of every table: what a send that adds nothing leaves as it was."""
    with sqlite3.connect(root / "mlruns/mlflow.db") as database:
        tables = [
            t for (t,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        return {
            table: sorted(map(repr, database.execute(f"SELECT * FROM {table}"))) for table in tables
        }


def shown(root: Path, experiment: str) -> list[Any]:
    import mlflow

    client = mlflow.MlflowClient(store.tracking_uri(root))
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id])) if found else []


def test_a_row_arrives_whole(root: Path, row: Row) -> None:
    import mlflow

    assert send(row, root)
    (run,) = shown(root, "embryos")
    assert run.info.run_name == "D · plus · quick · seed 0"
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


def wait_for(condition: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_live_then_sent_is_one_run(root: Path, row: Row) -> None:
    with tracking.live("pretrain", "key-of-pretrain", PARAMS, "embryos") as log:
        more_digits = history_value(0) * (1 + 1e-12)  # than the history file keeps
        log(0, {"epoch": 0.0, "lr": 0.001, "val_dice": more_digits})
        wait_for(lambda: [r for r in shown(root, "embryos-training") if r.data.metrics])
        (run,) = shown(root, "embryos-training")
        assert run.info.status == "RUNNING"
        assert set(run.data.metrics) == {"lr", "val_dice"}
    wait_for(lambda: shown(root, "embryos-training")[0].info.status == "FINISHED")
    send(row, root)
    trainings = {r.data.tags[runs.STAGE]: r for r in shown(root, "embryos-training")}
    assert set(trainings) == {"pretrain", "finetune"}
    assert trainings["pretrain"].info.run_id == run.info.run_id
    import mlflow

    client = mlflow.MlflowClient(store.tracking_uri(root))
    history = client.get_metric_history(run.info.run_id, "val_dice")
    assert sorted(m.step for m in history) == list(range(EPOCHS))  # the live point is not doubled


def test_a_failing_training_says_so(root: Path) -> None:
    def train() -> None:
        with tracking.live("pretrain", "key", PARAMS, "embryos"):
            wait_for(lambda: shown(root, "embryos-training"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    wait_for(lambda: shown(root, "embryos-training")[0].info.status == "FAILED")


def test_a_killed_training_does_not_run_for_ever(root: Path, row: Row) -> None:
    with tracking.live("pretrain", "of-other-inputs", PARAMS, "embryos"):
        wait_for(lambda: shown(root, "embryos-training"))
    client = store.connect(root, store.BRIEF)
    wait_for(lambda: shown(root, "embryos-training")[0].info.status == "FINISHED")
    (run,) = shown(root, "embryos-training")
    client.update_run(run.info.run_id, status="RUNNING")
    host = run.data.tags[runs.PROCESS].partition(":")[0]
    client.set_tag(run.info.run_id, runs.PROCESS, f"{host}:{2**22 + 1}")  # above any process id
    send(row, root)
    assert client.get_run(run.info.run_id).info.status == "KILLED"


def test_a_server_that_is_down_delays_nothing(
    root: Path, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOWHERE)
    start = time.monotonic()
    with tracking.live("pretrain", "key", PARAMS, "embryos") as log:
        log(0, {"val_dice": 0.5})
        assert time.monotonic() - start < 1
    assert "refused" in send_in_passing(row, root)
    assert time.monotonic() - start < 5
    with pytest.raises(store.Unreachable):
        send(row, root)


def test_a_broken_store_does_not_fail_the_pipeline(root: Path, row: Row) -> None:
    (root / "mlruns/mlflow.db").write_bytes(b"not a database, but long enough to look at" * 100)
    start = time.monotonic()
    assert "not a database" in send_in_passing(row, root)
    assert time.monotonic() - start < 5


def test_the_receipt_is_a_function_of_the_results(root: Path, row: Row) -> None:
    first, second = root / "mlruns/receipts/D.json", root / "again.json"
    write_receipt(first, row)
    send(row, root)
    write_receipt(second, row)
    assert first.read_bytes() == second.read_bytes()
    assert read_receipt(first) == row
    (root / "evaluation/per_image.csv").write_text("image,dice\na.png,0.6\n")
    write_receipt(second, row)
    assert first.read_bytes() != second.read_bytes()


def test_what_was_missed_is_sent_later(
    root: Path, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_receipt(root / "mlruns/receipts/D.json", row)
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", NOWHERE)
        with pytest.raises(InputError, match=f"{NOWHERE} cannot be reached"):
            list(complete(root))
    assert "row D: sent to" in next(complete(root))
    assert "row D: already in" in next(complete(root))


def test_results_that_changed_since_are_not_sent(root: Path, row: Row) -> None:
    write_receipt(root / "mlruns/receipts/D.json", row)
    write_results(root, dice=0.9)
    with pytest.raises(InputError, match="evaluation changed since it was complete; run dvc repro"):
        list(complete(root))
    assert shown(root, "embryos") == []


def test_nothing_to_send_says_what_to_do(root: Path) -> None:
    with pytest.raises(InputError, match="run dvc repro"):
        list(complete(root))


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


def test_flatten_drops_what_is_no_number() -> None:
    nested = {"a": {"value": 1, "low": 0.5, "none": None}, "b": {"c": {"d e%": 2.0}}, "s": "text"}
    assert flatten({**nested, "nan": float("nan")}) == {"a": 1.0, "a_low": 0.5, "b_c_d e_": 2.0}


def test_the_key_ignores_when_and_where(root: Path, row: Row) -> None:
    before = row_facts(row, content(row))
    facts = provenance("finetune")
    put(
        root / "finetune.json",
        {**facts, "host": "elsewhere", "started": "2026-02-01T00:00:00+00:00"},
    )
    after = row_facts(row, content(row))
    assert (before.key, before.sent != after.sent) == (after.key, True)
    assert row_facts(write_results(root, dice=0.7), content(row)).key != before.key


def test_a_training_shows_only_what_its_stage_declares(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("recipe: plus\nrecipes: {plus: {pretrain: {lr: 1}}}\n")
    (tmp_path / "dvc.yaml").write_text(
        "stages: {pretrain: {cmd: x, params: [seed, 'recipes.${recipe}.pretrain']}}\n"
    )
    flat = {**PARAMS, "recipe.pretrain.lr": 1, "recipe.pretrained": 2, "evaluate.samples": 3}
    own = own_params("pretrain", flat, tmp_path)
    assert set(own) == {"seed", "recipe.name", "profile.name", "recipe.pretrain.lr"}
