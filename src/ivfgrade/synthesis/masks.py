"""Exact truth: in which pixels a fragment can be seen, and in which any part of the embryo.

A fragment above or below a cell, far from the sharp plane, is a smear in the cell's texture: nobody
can outline it. It counts only where it stands out beyond the cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ivfgrade.synthesis.geometry import Body, Focus, Patch, Raster, patch

EMBRYO = ("cell", "fragment")


@dataclass(frozen=True)
class Truth:
    fragment: np.ndarray  # H W bool, what can be seen; overlapping fragments count once
    embryo: np.ndarray  # H W bool, cells and fragments; no zona, gap or polar body
    projected: np.ndarray  # H W bool, all fragments, seen or not

    @property
    def area_ratio(self) -> float:
        return _share(self.fragment, self.embryo)

    @property
    def projected_ratio(self) -> float:
        return _share(self.projected, self.embryo)


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    total = np.count_nonzero(whole)
    return np.count_nonzero(part) / total if total else 0.0


def shadow(bodies: Iterable[Body], raster: Raster) -> np.ndarray:
    mask = np.zeros(raster.shape, dtype=bool)
    for body in bodies:
        seen = patch(body, raster)
        if seen is not None:
            mask[seen.window] |= seen.shadow
    return mask


def standing_out(body: Body, seen: Patch, cells: np.ndarray, focus: Focus) -> np.ndarray:
    """h w, where a fragment can be seen: beyond the cells, or near the sharp plane."""
    return seen.shadow & (focus.holds(body) | ~cells[seen.window])


def truth(bodies: Iterable[Body], raster: Raster, focus: Focus) -> Truth:
    bodies = list(bodies)
    cells = shadow((body for body in bodies if body.kind == "cell"), raster)
    visible, projected = (np.zeros(raster.shape, dtype=bool) for _ in range(2))
    for body in bodies:
        seen = patch(body, raster) if body.kind == "fragment" else None
        if seen is not None:
            projected[seen.window] |= seen.shadow
            visible[seen.window] |= standing_out(body, seen, cells, focus)
    return Truth(visible, projected | cells, projected)


def instances(bodies: Iterable[Body], raster: Raster, focus: Focus) -> list[tuple[Body, Patch]]:
    """What can be seen of every fragment, for annotators who treat them one by one."""
    bodies = list(bodies)
    cells = shadow((body for body in bodies if body.kind == "cell"), raster)
    found = []
    for body in bodies:
        seen = patch(body, raster) if body.kind == "fragment" else None
        if seen is None:
            continue
        out = standing_out(body, seen, cells, focus)
        found.append((body, replace(seen, chord=np.where(out, seen.chord, 0.0))))
    return found
