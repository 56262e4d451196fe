"""A trial of the table: every row trained with one seed and judged on one fold's test images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ivfgrade.comparison.identity import Identity

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Score:
    """A column of a row's per-image table."""

    row: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    identity: Identity
    verdicts: bool  # of the profile; without, the numbers prove the machinery only
    # row -> one line per image that it is judged on, sorted by image; in the order of the table.
    # The images are those of the test patients, unless `on_validation` says otherwise.
    rows: Tables
    # the same of the validation patients, by whose numbers steps are kept or left
    validation: Tables = field(default_factory=dict)
    training_stride: int | None = None  # of the backbone, while whole networks learn
    histories: Tables = field(default_factory=dict)  # row -> one line per epoch
    heat_controls: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # row -> by map
    texture: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def training_seed(self) -> int:
        return self.identity.training_seed

    @property
    def fold(self) -> int | None:
        return self.identity.fold

    @property
    def profile(self) -> str:
        return self.identity.profile

    @property
    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        return self.identity.settings

    def has(self, score: Score) -> bool:
        table = self.rows.get(score.row)
        return (
            table is not None and score.column in table and bool(table[score.column].notna().any())
        )

    def on_validation(self) -> Trial:
        """The same networks, judged on the validation patients in place of the test patients."""
        return replace(self, rows=self.validation, validation={})
