"""A training shows itself while it runs, and its run says how it ended."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ivfgrade import tracking
from ivfgrade.tracking import runs, store
from ivfgrade.tracking.receipt import Row
from ivfgrade.tracking.send import send
from tests.tracking.results import EPOCHS, PARAMS, history_value
from tests.tracking.shown import shown

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")


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
