"""What the page is made of, and which command makes the parts that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivfgrade.atomic import read_json


@dataclass(frozen=True)
class Folders:
    data: Path
    experiments: Path
    comparison: Path | None = None
    texture: Path | None = None
    focus: Path | None = None
    provenance: Path | None = None


@dataclass(frozen=True)
class Comparison:
    table: Mapping[str, Any]
    ledger: Mapping[str, Any]
    ladder: Mapping[str, Any]
    stability: Mapping[str, Any]

    @property
    def facts(self) -> Mapping[str, Any]:
        """What all of them say of their origin."""
        return self.table or self.ledger or self.ladder or self.stability


def read_comparison(folder: Path | None) -> Comparison:
    parts = ("table", "ledger", "ladder", "stability")
    return Comparison(**{part: _optional(folder, f"{part}.json") for part in parts})


def _optional(folder: Path | None, name: str) -> Mapping[str, Any]:
    path = None if folder is None else folder / name
    return read_json(path) if path is not None and path.is_file() else {}
