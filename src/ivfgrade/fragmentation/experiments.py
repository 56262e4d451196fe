"""The table of rows as params.yaml has it, checked whole: a row that could not be trained, or a
table that could not be made, is refused before DVC removes a single output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.rows import Frozen, Learnt
from ivfgrade.fragmentation.spec import Regressor, Segmenter
from ivfgrade.training.phase import Phase

MAIN_LINE = {"A": "models/pretrain", "D": "models/finetune"}  # its phases, rows without an entry
FOLDER = "models/experiments"
NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class Experiments:
    learnt: dict[str, Learnt]
    frozen: dict[str, Frozen]
    models: dict[str, str]  # row -> folder of its network; the rows of the table, in its order
    explained: dict[str, str]  # likewise, the rows whose heat maps are measured

    def __post_init__(self) -> None:
        for name in [*self.learnt, *self.frozen]:
            if not NAME.fullmatch(name) or name in MAIN_LINE:
                raise ValueError(f"row {name!r} must be letters, digits and _, and not A or D")
        twice = sorted(self.learnt.keys() & self.frozen.keys())
        if twice:
            raise ValueError(f"learnt and frozen both name a row {twice[0]}")
        if not self.models or not self.explained:
            raise ValueError("models and explained must name rows; explained, say, B2, C or D")
        self._require_folders()
        self._require_heads()
        self._require_segmenters()

    def _require_folders(self) -> None:
        folders = self.folders()
        for name, model in [*self.models.items(), *self.explained.items()]:
            if name not in folders:
                raise ValueError(f"models or explained name {name}, a row that is not described")
            if model != folders[name]:
                raise ValueError(f"models or explained: {name} must be {folders[name]}")

    def _require_heads(self) -> None:
        for name in self.explained:
            if name not in self.models:
                raise ValueError(f"explained names {name}, which is not in models")
            row = self.learnt.get(name)
            if name == "A" or (row and row.head == "none"):
                raise ValueError(f"explained names {name}, which has no regression head to explain")

    def _require_segmenters(self) -> None:
        below = {MAIN_LINE["A"]: "A"} | {
            f"{FOLDER}/{name}": name for name, row in self.learnt.items() if row.outlines
        }
        for name, row in self.frozen.items():
            if row.segmenter not in below:
                known = ", ".join(below)
                raise ValueError(f"frozen.{name}.segmenter must be one that outlines: {known}")
            if name in self.models and below[row.segmenter] not in self.models:
                raise ValueError(f"models names {name}, but not {below[row.segmenter]} below it")

    def folders(self) -> dict[str, str]:
        """Where each row's network is, whether or not the table shows it."""
        return MAIN_LINE | {name: f"{FOLDER}/{name}" for name in [*self.learnt, *self.frozen]}

    def require_segmenters(self, segmenter: Segmenter, regressor: Regressor, recipe: str) -> None:
        """Phase 2 must be able to load the network on which it stands, in this recipe."""
        theirs = {f"{FOLDER}/{name}": row for name, row in self.learnt.items()}
        for name, row in self.frozen.items():
            below = theirs.get(row.segmenter)
            if below is None:  # the main line's own phase 1
                continue
            for part, has, wanted in (
                ("gate", below.gate, (segmenter.gate,)),
                ("head", below.head, ("none", regressor.head)),
                ("injection", below.injection, ("none", regressor.injection)),
            ):
                if has not in wanted:
                    raise InputError(
                        f"experiments.frozen.{name}.segmenter is {row.segmenter}, whose {part} is "
                        f"{has}; on recipe {recipe} it can be {' or '.join(wanted)}"
                    )

    def require_phases(self, phases: Mapping[str, Phase], recipe: str) -> None:
        """Every row must fit the phase that it names, in this recipe."""
        for table, rows in (("learnt", self.learnt), ("frozen", self.frozen)):
            for name, row in rows.items():
                where = f"experiments.{table}.{name}"
                if row.phase not in phases:
                    raise InputError(f"{where}.phase is {row.phase}; it can be {', '.join(phases)}")
                try:
                    row.of(phases[row.phase])
                except (ValueError, InputError) as error:
                    raise InputError(f"{where}, recipe {recipe}: {error}") from error
