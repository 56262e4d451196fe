"""The receipt names results by their content; others are not sent in their name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivfgrade.cli_tracking import complete
from ivfgrade.errors import InputError
from ivfgrade.tracking.receipt import Row, read_receipt, write_receipt
from ivfgrade.tracking.send import send
from tests.tracking.results import write_results
from tests.tracking.shown import shown

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")


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


def test_results_that_changed_since_are_not_sent(root: Path, row: Row) -> None:
    write_receipt(root / "mlruns/receipts/D.json", row)
    write_results(root, dice=0.9)
    with pytest.raises(InputError, match="evaluation changed since it was complete; run dvc repro"):
        list(complete(root))
    assert shown(root, "embryos") == []


def test_nothing_to_send_says_what_to_do(root: Path) -> None:
    with pytest.raises(InputError, match="run dvc repro"):
        list(complete(root))
