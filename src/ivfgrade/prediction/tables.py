"""answers.csv and fragments.csv: the journal once more, for a spreadsheet."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ivfgrade.prediction.journal import FILE, Record, records

ANSWERS = ("file", "status", "ratio", "ratio_low", "ratio_high", "grade", "grades", "reasons",
           "fragments", "embryo_px", "width", "height", "overlay")  # fmt: skip
FRAGMENTS = (
    "file",
    "fragment",
    "area_px",
    "diameter_px",
    "x_px",
    "y_px",
    "area_um2",
    "diameter_um",
)


def write_tables(folder: Path) -> None:
    """Line by line: a run may be of a million pictures."""
    journal = folder / FILE
    latest = {record["file"]: place for place, record in enumerate(records(journal))}
    with _table(folder / "answers.csv") as answers, _table(folder / "fragments.csv") as fragments:
        answers.writerow(ANSWERS)
        fragments.writerow(FRAGMENTS)
        for place, record in enumerate(records(journal)):
            if latest[record["file"]] == place:  # of a picture that was replaced, the later answer
                answers.writerow([_cell(record.get(name, "")) for name in ANSWERS])
                fragments.writerows(_pieces(record))


def _cell(value: Any) -> Any:
    """Lists of words as one text, of fragments their number."""
    if not isinstance(value, list):
        return value
    return "; ".join(value) if all(isinstance(one, str) for one in value) else len(value)


def _pieces(record: Record) -> Iterator[list[Any]]:
    for number, one in enumerate(record.get("fragments", []), 1):
        yield [record["file"], number, *(one.get(name, "") for name in FRAGMENTS[2:])]


@contextmanager
def _table(path: Path) -> Iterator[Any]:
    """A writer of a table that appears whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        yield csv.writer(file, lineterminator="\n")
    os.replace(partial, path)
