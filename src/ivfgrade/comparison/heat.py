"""May a claim rest on a row's heat maps? Only if they change when the network forgets.

The focus stage redraws parts of a network and compares the maps (model-randomisation control). A
map that stays the same without what was learnt does not show what was learnt, whatever its heat
lies on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ivfgrade.comparison.tables import HEAT, HEAT_MAP
from ivfgrade.comparison.trials import Score, Trial

CHANGES = "the map changes"  # as focus.summary.verdict says it


def doubts(trials: Sequence[Trial], first: Score, second: Score) -> list[str]:
    """What the controls hold against a comparison, in words; nothing if it needs no heat map."""
    held = [trial for trial in trials if trial.has(first) and trial.has(second)]
    rows = dict.fromkeys(score.row for score in (first, second) if score.column == HEAT)
    return [doubt for trial in held for row in rows for doubt in _doubts(trial, row)]


def _doubts(trial: Trial, row: str) -> list[str]:
    controls = trial.heat_controls.get(row, {}).get(HEAT_MAP, {}).get("control", {})
    if not controls:
        return [f"the heat map of {row} has no randomisation control ({trial.name})"]
    return [
        f"the heat map of {row} is not shown to change when the {part} is redrawn ({trial.name}: "
        f"rank correlation {_span(control['rank_correlation'])})"
        for part, control in controls.items()
        if control["verdict"] != CHANGES
    ]


def _span(numbers: Mapping[str, Any]) -> str:
    if numbers["value"] is None:
        return "unknown"
    return "{value:.2f}, {low:.2f} to {high:.2f}".format(**numbers)
