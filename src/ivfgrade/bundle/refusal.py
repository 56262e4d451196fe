"""Which pictures get no number: limits of the quality measures, and how they are fitted.

A limit lies where as few good pictures as allowed are beyond it, all measures together; what part
of each defect lies beyond is measured on other pictures, not promised here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ivfgrade.bundle.quality import MEASURES
from ivfgrade.errors import InputError

ABOVE, BELOW = 1, -1


@dataclass(frozen=True)
class Refusal:
    """A reason to give no number."""

    code: str
    measure: str
    side: int  # ABOVE or BELOW: where a picture is refused
    means: str
    defect: str  # the planted one that its limit is fitted to find


REFUSALS = (
    Refusal("defocused", "blur", ABOVE, "the embryo has no sharp outlines", "defocus"),
    Refusal("saturated", "saturated", ABOVE, "too much of the picture is white or black",
            "saturation"),
    Refusal("no_embryo", "embryo_share", BELOW, "no embryo was found", "empty"),
    Refusal("uncertain_embryo", "certainty", BELOW, "what was found may be no embryo", "empty"),
    Refusal("several_embryos", "spread", ABOVE, "what was found is not one round embryo",
            "two_embryos"),
)  # fmt: skip


def fit_limits(
    good: np.ndarray, defective: Mapping[str, np.ndarray], refused_share: float
) -> np.ndarray:
    """Limit of each measure [Q] from measures [N,Q] of good pictures and of each planted defect.

    Half way between the two where nothing overlaps; else where a good picture's share of
    `refused_share` lies beyond.
    """
    limits = []
    for column, refusal in enumerate(_in_order()):
        well = refusal.side * good[:, column]
        badly = refusal.side * defective[refusal.defect][:, column]
        allowed = float(np.quantile(well, 1 - refused_share / len(MEASURES), method="higher"))
        caught = float(np.quantile(badly, 0.01))
        limits.append(refusal.side * max(allowed, (allowed + caught) / 2))
    return np.asarray(limits)


def sides() -> np.ndarray:
    return np.array([refusal.side for refusal in _in_order()], dtype=float)


def refused(measured: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """[N,Q] -> bool [N,Q], as the graph says it."""
    return measured * sides() > limits * sides()


def _in_order() -> Sequence[Refusal]:
    """One per measure, in the order of MEASURES."""
    by_measure = {refusal.measure: refusal for refusal in REFUSALS}
    if len(by_measure) != len(REFUSALS) or set(by_measure) != set(MEASURES):
        raise InputError("each quality measure needs one reason of refusal")
    return [by_measure[name] for name in MEASURES]
