"""How numbers are written on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ABSENT = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
Cell = Mapping[str, Any] | None


def value(cell: Cell, digits: int = 3) -> str:
    return ABSENT if not cell or cell.get("value") is None else number(cell["value"], digits)


def span(cell: Cell, digits: int = 3) -> str:
    """The interval alone; empty without one."""
    if not cell or cell.get("low") is None or cell.get("high") is None:
        return ""
    return f"{number(cell['low'], digits)} to {number(cell['high'], digits)}"


def signed(cell: Cell, digits: int = 3) -> str:
    """A difference."""
    if not cell or cell.get("value") is None:
        return ABSENT
    return _sign(cell["value"], digits)


def signed_span(cell: Cell, digits: int = 3) -> str:
    if not cell or cell.get("low") is None or cell.get("high") is None:
        return ""
    return f"{_sign(cell['low'], digits)} to {_sign(cell['high'], digits)}"


def number(amount: float | None, digits: int = 3) -> str:
    return ABSENT if amount is None else f"{amount:.{digits}f}".replace("-", MINUS)


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _sign(amount: float, digits: int) -> str:
    return f"{amount:+.{digits}f}".replace("-", MINUS)
