"""A server that is down, or a broken store, costs nothing: what was missed is sent later."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ivfgrade import tracking
from ivfgrade.cli_tracking import complete
from ivfgrade.errors import InputError
from ivfgrade.tracking import store
from ivfgrade.tracking.receipt import Row, write_receipt
from ivfgrade.tracking.send import send, send_in_passing
from tests.tracking.results import PARAMS

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")

NOWHERE = "http://127.0.0.1:9"


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
