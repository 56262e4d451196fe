"""A graph's answer to a picture as a record: a grade with its interval, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ivfgrade.bundle.manifest import Manifest

GRADED, REFUSED, UNREADABLE = "graded", "refused", "unreadable"
DIGITS = 6  # of a ratio


@dataclass(frozen=True)
class Answer:
    """Either a ratio with its interval, or the codes of why there is none."""

    refused: tuple[str, ...]
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    grade: str | None
    grades: tuple[str, ...]  # all that the interval touches
    fragment: np.ndarray  # H W, bool
    embryo: np.ndarray  # H W, bool

    def record(self) -> dict[str, Any]:
        """Without the masks. What is refused has no number, so that none can be used."""
        if self.refused:
            return {"status": REFUSED, "reasons": list(self.refused)}
        return {
            "status": GRADED,
            "ratio": self.ratio,
            "ratio_low": self.ratio_low,
            "ratio_high": self.ratio_high,
            "grade": self.grade,
            "grades": list(self.grades),
        }


def vocabulary(manifest: Manifest) -> dict[str, Any]:
    """What answers are told with, as JSON holds it."""
    scheme = manifest.scheme
    return {
        "scheme": {"grades": list(scheme.grades), "borders": list(scheme.borders)},
        "confidence": manifest.interval["confidence"],
        "refusals": {refusal.code: refusal.means for refusal in manifest.refusals},
    }


def answers(found: Mapping[str, np.ndarray], manifest: Manifest) -> Sequence[Answer]:
    """One per picture of the batch; `found` by the graph's outputs."""
    return [answer({name: batch[row] for name, batch in found.items()}, manifest)
            for row in range(len(found["ratio"]))]  # fmt: skip


def answer(found: Mapping[str, np.ndarray], manifest: Manifest) -> Answer:
    """Of one picture, without the batch axis."""
    flags = zip(manifest.refusals, found["refused"], strict=True)
    refused = tuple(refusal.code for refusal, flag in flags if flag)
    masks = found["fragment_mask"].astype(bool), found["embryo_mask"].astype(bool)
    if refused:
        return Answer(refused, None, None, None, None, (), *masks)
    names = manifest.scheme.grades
    low, high = int(found["grade_low"]), int(found["grade_high"])
    ratio, ratio_low, ratio_high = (
        round(float(found[name]), DIGITS) for name in ("ratio", "ratio_low", "ratio_high")
    )
    grade = names[int(found["grade"])]
    return Answer((), ratio, ratio_low, ratio_high, grade, tuple(names[low : high + 1]), *masks)
