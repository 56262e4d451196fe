"""Read labels.csv as people really save it: byte-order mark, semicolons, decimal commas, spaces."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

SEPARATORS = (",", ";", "\t")
EMPTY = {"", "na", "n/a", "nan", "null", "none"}


@dataclass(frozen=True)
class Row:
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str, default: str) -> str:
        return self.cells.get(column, default)


def read_rows(path: Path, required: tuple[str, ...]) -> tuple[list[Row], list[str]]:
    """Rows of stripped cells under lower-case column names, and what is wrong."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], ["is not UTF-8; save it as CSV UTF-8"]
    except OSError as error:
        return [], [f"cannot be read: {error.strerror}"]
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        return [], [f"line 1 is not CSV: {error}"]
    problems = [f"has no column {name}" for name in required if name not in header]
    problems += [
        f"has the column {name} twice" for name in sorted(set(header)) if header.count(name) > 1
    ]
    if problems:
        return [], [*problems, f"its columns are: {', '.join(header) or 'none'}"]
    rows: list[Row] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                counts = f"{len(cells)} cells where the header has {len(header)}"
                problems.append(f"line {reader.line_num} has {counts}")
                continue
            named = zip(header, map(_cell, cells), strict=True)
            rows.append(Row(reader.line_num, {name: cell for name, cell in named if name}))
    except csv.Error as error:
        return [], [f"line {reader.line_num} is not CSV: {error}"]
    return rows, problems if rows or problems else ["has no rows"]


def parse_fraction(text: str) -> tuple[float | None, str]:
    """A number in [0, 1], nothing for an empty cell, or what is wrong with it."""
    if not text:
        return None, ""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None, f"ratio {text!r}, which is not a number"
    if not math.isfinite(value) or not 0 <= value <= 1:
        hint = "; divide percentages by 100" if 1 < value <= 100 else ""
        return None, f"ratio {text} outside [0, 1]{hint}"
    return value, ""


def _cell(text: str) -> str:
    text = text.strip()
    return "" if text.lower() in EMPTY else text
