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
from ivfgrade.heat_words import CHANGES

Controls = Mapping[str, Mapping[str, Any]]  # redrawn part -> what came of it


def doubts(trials: Sequence[Trial], first: Score, second: Score) -> list[str]:
    """What the controls hold against a comparison, in words; nothing if it needs no heat map."""
    held = [trial for trial in trials if trial.has(first) and trial.has(second)]
    rows = dict.fromkeys(score.row for score in (first, second) if score.column == HEAT)
    return [doubt for row in rows for doubt in _of_row(held, row)]


def _of_row(trials: Sequence[Trial], row: str) -> list[str]:
    found = {trial.name: _controls(trial, row) for trial in trials}
    without = [name for name, controls in found.items() if not controls]
    if without:
        return [f"the heat map of {row} has no randomisation control in {without[0]}"]
    parts = dict.fromkeys(part for controls in found.values() for part in controls)
    return [doubt for part in parts for doubt in _of_part(found, row, part)]


def _of_part(found: Mapping[str, Controls], row: str, part: str) -> list[str]:
    """At most one: in how many trials the map may stay the same, and how much in the worst."""
    tried = {name: controls[part] for name, controls in found.items() if part in controls}
    failed = {name: one for name, one in tried.items() if one["verdict"] != CHANGES}
    if not failed:
        return []
    worst = max(failed, key=lambda name: failed[name]["rank_correlation"]["value"] or 0.0)
    return [
        f"the heat map of {row} is not shown to change when the {part} is redrawn, in "
        f"{len(failed)} of {len(tried)} trials ({worst}: rank correlation "
        f"{_span(failed[worst]['rank_correlation'])})"
    ]


def _controls(trial: Trial, row: str) -> Controls:
    return trial.heat_controls.get(row, {}).get(HEAT_MAP, {}).get("control", {})


def _span(numbers: Mapping[str, Any]) -> str:
    if numbers["value"] is None:
        return "unknown"
    return "{value:.2f}, {low:.2f} to {high:.2f}".format(**numbers)
