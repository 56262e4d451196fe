"""Tables and numbers in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Empty without rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {_one_line(line)}" for line in lines)


def plain(value: Any) -> str:
    """Of a number three digits; of a whole one all."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.3g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{words(name)} {plain(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    return _one_line(str(value))


def words(name: str) -> str:
    return name.replace("_", " ")


def facts(mapping: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A row each; what is not known is no fact."""
    return [(words(name), plain(value)) for name, value in mapping.items() if _known(value)]


def measured(mapping: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Name, value, interval and conditions of each number, those in groups with the group's name.
    A number is {value, low, high and whatever else}, or the value alone."""
    for name, one in mapping.items():
        told = f"{within}{words(name)}"
        if not isinstance(one, Mapping):
            if _known(one):
                yield told, plain(one), "", ""
        elif "value" not in one:
            yield from measured(one, f"{told}: ")
        elif one["value"] is not None:
            low, high = one.get("low"), one.get("high")
            interval = "" if low is None or high is None else f"{plain(low)} to {plain(high)}"
            rest = {key: one[key] for key in one if key not in ("value", "low", "high")}
            yield told, plain(one["value"]), interval, plain(rest)


def number(value: Any) -> str:
    """In one cell: with its interval, where it has one, and its conditions."""
    if not isinstance(value, Mapping):
        return plain(value) if _known(value) else ""
    ((_, told, interval, of),) = measured({"": value})
    return told + (f" ({interval})" if interval else "") + (f", {of}" if of else "")


def _known(value: Any) -> bool:
    return value is not None and value not in ("", [], (), {})


def _cell(value: Any) -> str:
    return plain(value).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())
