"""A training's curves in MLflow while it runs. A courtesy: it never fails, blocks or delays.

Everything happens in a daemon thread, the import of mlflow included. What a server did not take is
kept and tried again at the next epoch; what is left at the end is sent by the `track` stage, which
finds the same run by its key.
"""

from __future__ import annotations

import math
import os
import platform
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivfgrade.tracking import store
from ivfgrade.tracking.own_params import own_params

if TYPE_CHECKING:
    from mlflow import MlflowClient

Log = Callable[[int, Mapping[str, float]], None]
FAREWELL_SECONDS = 2.0


@contextmanager
def live(stage: str, key: str, params: Mapping[str, Any], experiment: str) -> Iterator[Log]:
    """`log(epoch, metrics)` shows them at once; the run is the one that `key` names."""
    sender = _Sender(stage, key, params, experiment)
    sender.start()
    try:
        yield sender.log
    except Exception:
        sender.end("FAILED")
        raise
    except BaseException:
        sender.end("KILLED")
        raise
    sender.end("FINISHED")


@dataclass(frozen=True)
class _Message:
    step: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    status: str = ""  # not empty: the last message
    time_ms: int = field(default_factory=lambda: int(time.time() * 1000))


class _Sender(threading.Thread):
    def __init__(self, stage: str, key: str, params: Mapping[str, Any], experiment: str) -> None:
        super().__init__(daemon=True, name="mlflow-live")
        self.stage, self.key = stage, key
        self.params, self.experiment = dict(params), experiment
        self.root = Path.cwd()
        self.messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self.messages.put(_Message())  # the run appears before its first epoch ends
        self.client: MlflowClient | None = None
        self.run_id = ""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self.messages.put(_Message(step, dict(metrics)))

    def end(self, status: str) -> None:
        self.messages.put(_Message(status=status))
        self.join(FAREWELL_SECONDS)

    def run(self) -> None:
        unsent: list[_Message] = []
        while not (unsent and unsent[-1].status):
            unsent.append(self.messages.get())
            while not self.messages.empty():
                unsent.append(self.messages.get())
            with suppress(Exception):
                self._send(unsent)
                unsent = unsent[-1:] if unsent[-1].status else []

    def _send(self, messages: list[_Message]) -> None:
        if self.client is None:
            self.client = store.connect(self.root, store.BRIEF)
        if not self.run_id:
            self.run_id = self._begin(self.client, messages[0].time_ms)
        from mlflow.entities import Metric

        metrics = [
            Metric(name, float(value), message.time_ms, message.step)
            for message in messages
            for name, value in message.metrics.items()
            if name != "epoch" and math.isfinite(value)
        ]
        for start in range(0, len(metrics), 1000):
            self.client.log_batch(self.run_id, metrics=metrics[start : start + 1000])
        if messages[-1].status:
            self.client.set_terminated(self.run_id, messages[-1].status, messages[-1].time_ms)

    def _begin(self, client: MlflowClient, started_ms: int) -> str:
        """The run of this key: a new one, or, after a restart, the same one continued."""
        from ivfgrade.tracking import runs, tables

        experiment = tables.training_table(client, self.root, self.experiment)
        params = own_params(self.stage, self.params, self.root)
        name = runs.title(self.stage, params)
        run = runs.find_or_create(client, experiment, self.key, name, started_ms)
        client.update_run(run.info.run_id, status="RUNNING")
        runs.add_params(client, run, params)
        runs.set_tags(
            client,
            run.info.run_id,
            {
                runs.STAGE: self.stage,
                runs.KIND: "training",
                runs.PROCESS: f"{platform.node()}:{os.getpid()}",
            },
        )
        return str(run.info.run_id)
