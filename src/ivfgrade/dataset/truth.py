"""The true share of fragments: a ratio column, else the masks at the image's own resolution."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ivfgrade.grading import GradingScheme


def area_ratio(fragment: np.ndarray, embryo: np.ndarray) -> float | None:
    """Fragment area within the embryo / embryo area; nothing without an embryo area."""
    area = int(np.count_nonzero(embryo))
    if area == 0:
        return None
    return int(np.count_nonzero(fragment & embryo)) / area


def true_ratio(
    column: float | None,
    fragment: np.ndarray | None,
    embryo: np.ndarray | None,
    embryo_source: str,
) -> tuple[float | None, str]:
    """The ratio and where it comes from: column, outline, estimated, or "" where none is known."""
    if column is not None:
        return column, "column"
    if fragment is None:
        return None, ""
    if embryo_source == "none" and not fragment.any():
        return 0.0, "estimated"  # no fragment is no share, of whatever outline
    ratio = area_ratio(fragment, embryo) if embryo is not None else None
    source = "outline" if embryo_source == "given" else "estimated"
    return (ratio, source) if ratio is not None else (None, "")


def grade_disagreement(
    labelled: Iterable[tuple[str, float | None]], scheme: GradingScheme
) -> dict[str, float | int]:
    """How often a given grade is not the grade of the true ratio (both from one image)."""
    pairs = [(grade, ratio) for grade, ratio in labelled if grade and ratio is not None]
    differing = sum(scheme.grade(ratio) != grade for grade, ratio in pairs)
    rate = round(differing / len(pairs), 4) if pairs else 0.0
    return {"compared": len(pairs), "differing": differing, "rate": rate}
