"""What a run shall hold, read from the files of its row."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivfgrade.tracking.facts import flatten, row_facts
from ivfgrade.tracking.receipt import Row, content
from tests.tracking.results import provenance, put, write_results

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")


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
