"""Which epoch of a phase is kept: the best that holds what was there before."""

from __future__ import annotations

import math

from ivfgrade.errors import InputError
from ivfgrade.training.phase import Phase

Row = dict[str, float]  # one epoch: losses, and validation metrics as val_<name>


def require_metrics(phase: Phase, row: Row) -> None:
    known = [name.removeprefix("val_") for name in row if name.startswith("val_")]
    for name in (rule[0] for rule in (phase.keep, phase.hold) if rule):
        if name not in known:
            raise InputError(f"keep or hold names {name}; validation knows {', '.join(known)}")
        if math.isnan(row[f"val_{name}"]):
            raise InputError(
                f"{name} is undefined on the val split, so no epoch can be chosen by it; "
                "give val images that have it"
            )


def best_epoch(history: list[Row], phase: Phase, start: Row) -> int:
    """The first epoch with the best value of `phase.keep` among those that hold what was there.

    If none does, the one that lost least of it: what is held comes before what is sought. An
    undefined value (NaN) never wins. Without `keep`, the last.
    """
    if not phase.keep:
        return len(history) - 1
    metric, direction = phase.keep
    sign = 1.0 if direction == "max" else -1.0
    ranked = []
    for row in history:
        lost, allowed = _lost(row, phase, start)
        value = sign * row[f"val_{metric}"] if lost <= allowed else -lost
        ranked.append((lost <= allowed, -math.inf if math.isnan(value) else value))
    return ranked.index(max(ranked)) if ranked else -1


def _lost(row: Row, phase: Phase, start: Row) -> tuple[float, float]:
    """How much of what `phase.hold` names is gone since the start, and how much may be."""
    if not phase.hold:
        return 0.0, 0.0
    metric, allowed = phase.hold
    return start[metric] - row[f"val_{metric}"], allowed


def hold_broken(history: list[Row], best: int, phase: Phase, start: Row) -> str:
    lost, allowed = _lost(history[best], phase, start) if history else (0.0, 0.0)
    if not phase.hold or lost <= allowed:
        return ""
    return (
        f"no epoch held {phase.hold[0]} within {allowed:g} of the {start[phase.hold[0]]:.4f} that "
        f"it was: epoch {best + 1} is kept, which lost least, {lost:.4f}"
    )
