"""One scale of colours per row for its gate maps: a gate is often open nearly everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ivfgrade.dataset.letterbox import nearest

if TYPE_CHECKING:
    from ivfgrade.htmlreport.gallery import Collection
    from ivfgrade.htmlreport.rows import Row

FULL = 255.0
SPREAD = (2, 98)  # percentiles at which the colours end


@dataclass(frozen=True)
class GateScale:
    low: float  # of 255
    high: float

    def stretched(self, gate: np.ndarray) -> np.ndarray:
        """uint8 over the whole range of colours."""
        width = max(self.high - self.low, 1.0)
        return np.clip((gate - self.low) / width * FULL, 0, FULL).round().astype(np.uint8)

    def ends(self) -> list[float]:
        """Values of alpha at the first and the last colour."""
        return [round(self.low / FULL, 3), round(max(self.high, self.low + 1.0) / FULL, 3)]


def gate_scales(collection: Collection) -> dict[str, GateScale]:
    return {
        row.name: _scale(row, collection)
        for row in collection.rows
        if row.outlines is not None and row.outlines.attention is not None
    }


def _scale(row: Row, collection: Collection) -> GateScale:
    """Percentiles over the embryos, so that one saturated corner does not set them."""
    values = []
    for image in row.images["image"]:
        gate = None if row.outlines is None else row.outlines.gate(image)
        if gate is not None:
            inside = nearest(collection.embryo(image), *gate.shape)
            values.append(gate[inside] if inside.any() else gate.ravel())
    low, high = np.percentile(np.concatenate(values), SPREAD) if values else (0.0, FULL)
    return GateScale(float(low), float(high))
