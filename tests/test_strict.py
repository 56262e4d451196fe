"""A section must have exactly the keys and types of its dataclass; an error names the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from ivfgrade.errors import InputError
from ivfgrade.strict import build


@dataclass(frozen=True)
class Inner:
    rate: float
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Outer:
    name: str
    mode: Literal["a", "b"]
    on: bool
    inner: Inner
    table: dict[str, float | None]
    pairs: tuple[tuple[str, float | None], ...]

    def __post_init__(self) -> None:
        if self.name == "":
            raise ValueError("name must not be empty")


GOOD: dict[str, Any] = {
    "name": "x",
    "mode": "a",
    "on": True,
    "inner": {"rate": 1, "steps": [1, 2]},
    "table": {"u": 0.5, "v": None},
    "pairs": [["p", 0.1], ["q", None]],
}


def test_a_complete_section_becomes_the_dataclass() -> None:
    assert build(Outer, GOOD, "") == Outer(
        "x", "a", True, Inner(1.0, (1, 2)), {"u": 0.5, "v": None}, (("p", 0.1), ("q", None))
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"typo": 1}, "unknown parameter run.typo"),
        ({"inner": {"rate": 1.0}}, "missing parameter run.inner.steps"),
        ({"inner": {"rate": 1.0, "steps": [1], "stpes": 2}}, "unknown parameter run.inner.stpes"),
        ({"inner": {"rate": "1e-3", "steps": [1]}}, "run.inner.rate is '1e-3'"),
        ({"inner": {"rate": True, "steps": [1]}}, "run.inner.rate is True"),
        ({"inner": {"rate": 1.0, "steps": [1.5]}}, r"run.inner.steps\[0\] is 1.5"),
        ({"inner": None}, "run.inner must be a section"),
        ({"mode": "c"}, "run.mode is 'c'; it can be a, b"),
        ({"on": "yes"}, "run.on is 'yes'"),
        ({"pairs": [["p"]]}, r"run.pairs\[0\] needs 2 values, not 1"),
        ({"table": {"u": "high"}}, "run.table.u is 'high'"),
        ({"name": ""}, "name must not be empty"),
    ],
)
def test_an_error_names_the_key(change: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build(Outer, {**GOOD, **change}, "run")
