"""The rules by which an interval becomes a verdict.

A claim of a direction *holds* if the interval excludes 0 in that direction; it *does not hold* if
the interval excludes 0 the other way, or excludes half the claimed effect by falling short of it;
else one *cannot tell*. The rules are asked in this order: an effect that is certain but smaller
than half the claimed one holds, and the reason says that it is smaller.
A claim that two numbers are the same *holds* if the interval lies inside the margin on both sides,
*does not hold* if it lies wholly outside, else one *cannot tell*: an interval that merely includes
0 shows no equality. A claim that a number is no lower than another, but for a margin, is asked the
same on one side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ivfgrade.comparison.findings import Missing
from ivfgrade.evaluation.bootstrap import Interval

Answer = Literal["holds", "does not hold", "cannot tell"]
DICE_MARGIN, MAE_MARGIN = 0.005, 0.002  # the ones by which the project judges row F


@dataclass(frozen=True)
class Verdict:
    answer: Answer
    why: str  # one sentence


def judge_direction(found: Interval, direction: int, effect: float | None) -> Verdict:
    """`direction` is +1 or -1, `effect` the claimed size, where the paper prints one."""
    low, high = sorted((direction * found.low, direction * found.high))
    half = None if effect is None else effect / 2
    shown = f"the interval {span(found)}"
    if low > 0:
        small = half is not None and high < half
        remark = f", though the effect is under half of the paper's {effect:g}" if small else ""
        return Verdict("holds", f"{shown} excludes 0 in the claimed direction{remark}")
    if high < 0:
        return Verdict("does not hold", f"{shown} excludes 0 in the other direction")
    if half is None:
        return Verdict(
            "cannot tell",
            f"{shown} includes 0, and no effect is printed whose half it could exclude",
        )
    claimed = f"half of the claimed {direction * (effect or 0):+g}"
    if high < half:
        return Verdict("does not hold", f"{shown} excludes {claimed}")
    return Verdict("cannot tell", f"{shown} includes both 0 and {claimed}")


def judge_same(found: Interval, margin: float) -> Verdict:
    shown, width = f"the interval {span(found)}", f"the margin of {decimal(margin)}"
    if -margin < found.low and found.high < margin:
        return Verdict("holds", f"{shown} lies inside {width} on both sides of 0")
    if found.low > margin or found.high < -margin:
        return Verdict("does not hold", f"{shown} lies outside {width}")
    return Verdict("cannot tell", f"{shown} crosses {width}")


def judge_at_least(found: Interval, margin: float) -> Verdict:
    """That the first is no lower than the second, but for `margin`: what is certainly lower by
    less is tolerated, so 0 is no border here."""
    shown, bound = f"the interval {span(found)}", f"-{decimal(margin)}"
    if found.low > -margin:
        return Verdict("holds", f"{shown} lies above {bound}")
    if found.high < -margin:
        return Verdict("does not hold", f"{shown} lies below {bound}")
    return Verdict("cannot tell", f"{shown} includes {bound}")


def judge_border(found: Interval, border: float, direction: int) -> Verdict:
    """A measure that the claim wants above (+1) or below (-1) a border."""
    low, high = sorted((direction * (found.low - border), direction * (found.high - border)))
    shown = f"the interval {found.low:.3f} to {found.high:.3f}"
    claimed, other = ("above", "below") if direction > 0 else ("below", "above")
    if low > 0:
        return Verdict("holds", f"{shown} lies {claimed} {border:g}")
    if high < 0:
        return Verdict("does not hold", f"{shown} lies {other} {border:g}, claimed is {claimed}")
    return Verdict("cannot tell", f"{shown} includes {border:g}")


def joined(answers: Sequence[Answer]) -> Answer:
    """Of a claim of several comparisons."""
    if "does not hold" in answers:
        return "does not hold"
    return "cannot tell" if "cannot tell" in answers else "holds"


def unknown(missing: Missing) -> Verdict:
    return Verdict("cannot tell", missing.reason)


def decimal(number: float) -> str:
    return f"{number:.5f}".rstrip("0")


def span(found: Interval) -> str:
    return f"{found.low:+.4f} to {found.high:+.4f}"
