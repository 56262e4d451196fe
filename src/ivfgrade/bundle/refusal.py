"""Which pictures get no number: limits of the quality measures, and how they are fitted.

A limit lies half way between good and defective pictures where a measure tells them all apart. The
others share the good pictures that may be refused; what part of each defect lies beyond is measured
on other pictures, not promised here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ivfgrade.bundle.ports import SEEN

ABOVE, BELOW = 1, -1
FEWEST = 0.01  # of a defect may lie on the good side of a limit that is to tell all apart


@dataclass(frozen=True)
class Refusal:
    """A reason to give no number."""

    code: str
    measure: str
    side: int  # ABOVE or BELOW: where a picture is refused
    means: str
    defect: str  # the planted one that its limit is fitted to find


REFUSALS = (
    Refusal("defocused", "defocus", ABOVE, "the embryo is out of focus", "defocus"),
    Refusal("several_embryos", "several", ABOVE, "more than one embryo is in the picture",
            "two_embryos"),
    Refusal("saturated", "saturated", ABOVE, "too much of the picture is white or black",
            "saturation"),
    Refusal("no_embryo", "embryo_share", BELOW, "no embryo was found", "empty"),
    Refusal("uncertain_embryo", "certainty", BELOW, "what was found may be no embryo", "empty"),
)  # fmt: skip
MEASURES = tuple(refusal.measure for refusal in REFUSALS)
assert MEASURES[-len(SEEN) :] == SEEN  # the graph puts what it sees after what it has evidence of


def fit_limits(
    good: np.ndarray, defective: Mapping[str, np.ndarray], refused_share: float
) -> np.ndarray:
    """Limit of each measure [Q] from measures [N,Q] of good pictures and of each planted defect."""
    well, badly = good * sides(), [
        np.quantile(defective[one.defect][:, column] * one.side, FEWEST)
        for column, one in enumerate(REFUSALS)
    ]  # fmt: skip
    apart = np.array(badly) > well.max(0)  # Q
    share = refused_share / max(1, int((~apart).sum()))
    allowed = np.quantile(well, 1 - share, axis=0, method="higher")  # Q
    return sides() * np.where(apart, (well.max(0) + badly) / 2, allowed)


def sides() -> np.ndarray:
    return np.array([refusal.side for refusal in REFUSALS], dtype=float)


def refused(measured: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """[N,Q] -> bool [N,Q], as the graph says it; what is no number (NaN) is refused."""
    return ~(measured * sides() <= limits * sides())
