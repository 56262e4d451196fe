"""An interval as a small drawing inside a table cell, all cells of a column on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, EDGE = 108.0, 6.0  # of the drawing and its margins, pixels


@dataclass(frozen=True)
class Strip:
    low: float  # pixels from the left
    value: float
    high: float
    printed: float | None  # the paper's number


@dataclass(frozen=True)
class Axis:
    low: float
    high: float

    def place(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(EDGE + share * (WIDTH - 2 * EDGE), 1)

    def strip(self, cell: Mapping[str, Any] | None, printed: float | None) -> Strip | None:
        """None where nothing was measured; a number without interval is drawn as a point."""
        if not cell or cell.get("value") is None:
            return None
        value = cell["value"]
        low, high = (value if cell.get(end) is None else cell[end] for end in ("low", "high"))
        known = None if printed is None else self.place(printed)
        return Strip(self.place(low), self.place(value), self.place(high), known)


def axis(cells: Sequence[Mapping[str, Any] | None], printed: Sequence[float | None]) -> Axis:
    """From the least to the largest value that is drawn."""
    ends = [cell.get(end) for cell in cells if cell for end in ("low", "value", "high")]
    drawn = [value for value in [*ends, *printed] if value is not None] or [0.0, 1.0]
    low, high = min(drawn), max(drawn)
    return Axis(low, high) if high > low else Axis(low - 0.5, high + 0.5)
