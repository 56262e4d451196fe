"""answers.csv and fragments.csv: the journal once more, for a spreadsheet, sorted by file.

They are there when a run has ended, and say the same whether it was interrupted or not.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ivfgrade.prediction.journal import FILE, Record, placed

ANSWERS_FILE, FRAGMENTS_FILE = "answers.csv", "fragments.csv"
ANSWERS = ("file", "status", "ratio", "ratio_low", "ratio_high", "grade", "grades", "reasons",
           "fragments", "embryo_px", "width", "height", "mask", "overlay")  # fmt: skip
FRAGMENTS = ("area_px", "diameter_px", "x_px", "y_px", "area_um2", "diameter_um", "x_um", "y_um")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # how a spreadsheet's commands begin


def write_tables(folder: Path) -> None:
    """Line by line: a run may be of a million pictures."""
    with _table(folder / ANSWERS_FILE) as answers, _table(folder / FRAGMENTS_FILE) as fragments:
        answers.writerow(ANSWERS)
        fragments.writerow(("file", "fragment", *FRAGMENTS))
        for record in _by_file(folder / FILE):
            answers.writerow([_cell(record.get(name, "")) for name in ANSWERS])
            fragments.writerows(_pieces(record))


def take_away(folder: Path) -> None:
    """Of an earlier run: they would tell less than the journal does."""
    for name in (ANSWERS_FILE, FRAGMENTS_FILE):
        (folder / name).unlink(missing_ok=True)


def _by_file(journal: Path) -> Iterator[Record]:
    places = {record["file"]: place for place, record in placed(journal)}
    with journal.open("rb") as file:
        for name in sorted(places):
            file.seek(places[name])
            yield json.loads(file.readline())


def _cell(value: Any) -> Any:
    """Reasons and grades as one text, of fragments their number; no text that is a command."""
    if isinstance(value, list):
        if not value or isinstance(value[0], dict):
            return len(value)
        value = "; ".join(value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _pieces(record: Record) -> Iterator[list[Any]]:
    for number, one in enumerate(record.get("fragments", []), 1):
        yield [_cell(record["file"]), number, *(one.get(name, "") for name in FRAGMENTS)]


@contextmanager
def _table(path: Path) -> Iterator[Any]:
    """A writer of a table that appears whole or not at all; what is no text is written as \\x..."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    os.replace(partial, path)
