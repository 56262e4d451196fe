"""Numbers as the report of one row writes them, without what evaluation.summary imports: the
comparison needs no network, and must not run anew when one changes."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from ivfgrade.evaluation.bootstrap import Interval


def plain(interval: Interval) -> dict[str, float | None]:
    return {name: as_number(value) for name, value in asdict(interval).items()}


def as_number(value: float) -> float | None:
    """Six decimals; JSON has no NaN."""
    return round(float(value), 6) if np.isfinite(value) else None
