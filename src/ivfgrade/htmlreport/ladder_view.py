"""Row F's ladder as the page prints it: what each step stands on, and its gains on one axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.strips import Strip, axis

GAINS = ("gain_dice", "gain_mae")
READING_NAMES = {
    "error_direct": "direct",
    "error_hard": "hard mask",
    "error_soft": "calibrated soft mask",
    "error_fused": "fused",
    "error_reported": "reported",
}


@dataclass(frozen=True)
class Step:
    row: str
    reading: str  # how its ratio is read
    after: str  # the step that it is added to; empty where a ladder begins
    is_branch: bool  # it does not stand on the step above
    found: Mapping[str, Any]
    strips: dict[str, Strip | None]


@dataclass(frozen=True)
class LadderView:
    steps: list[Step]
    zeros: dict[str, float]  # where a gain of nothing is drawn, pixels


def ladder_view(ladder: Mapping[str, Any]) -> LadderView:
    found = ladder.get("steps", [])
    nothing = {"value": 0.0}
    axes = {gain: axis([nothing, *(step[gain] for step in found)], []) for gain in GAINS}
    steps, above = [], None
    for step in found:
        after = step["after"]
        steps.append(
            Step(
                row=told(step["row"]),
                reading=READING_NAMES.get(step["grade"], step["grade"]),
                after=_name(after) if after else "",
                is_branch=after is not None and above is not None and _name(after) != above,
                found=step,
                strips={gain: axes[gain].strip(step[gain], None) for gain in GAINS},
            )
        )
        if "missing" not in step["mae"]:  # one that was not run carries nothing
            above = _name(step)
    return LadderView(steps, {gain: line.place(0.0) for gain, line in axes.items()})


def _name(step: Mapping[str, Any]) -> str:
    return f"{told(step['row'])}, {READING_NAMES.get(step['grade'], step['grade'])}"
