"""Table 1 as the page prints it: the paper's number, ours with its interval, and a strip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivfgrade.htmlreport.strips import Axis, Strip, axis

DRAWN = ("dice", "mae_direct")  # measures that the paper prints, of the same name
Line = Mapping[str, Any]


@dataclass(frozen=True)
class TableView:
    rows: list[Line]
    trivial: list[Line]
    strips: dict[str, dict[str, Strip | None]]  # measure -> row -> strip
    axes: dict[str, Axis]
    notes: list[str]


def table_view(table: Mapping[str, Any], names: Sequence[str]) -> TableView:
    """`names` of the rows in the page's order."""
    measured = {line["row"]: line for line in table.get("rows", [])}
    rows = [measured[name] for name in names if name in measured]
    axes = {measure: _axis(rows, measure) for measure in DRAWN}
    return TableView(
        rows=rows,
        trivial=table.get("trivial", []),
        strips={
            measure: {
                row["row"]: axes[measure].strip(row.get(measure), _printed(row, measure))
                for row in rows
            }
            for measure in DRAWN
        },
        axes=axes,
        notes=[
            *table.get("judged_on_told", []),
            *table.get("notes", []),
            *table.get("human_agreement", []),
        ],
    )


def _axis(rows: Sequence[Line], measure: str) -> Axis:
    cells = [row.get(measure) for row in rows]
    return axis(cells, [_printed(row, measure) for row in rows])


def _printed(row: Line, measure: str) -> float | None:
    return row.get("paper", {}).get(measure)
