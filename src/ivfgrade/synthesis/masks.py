"""Exact truth: which pixels a ray meets a fragment in, and which any part of the embryo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ivfgrade.synthesis.geometry import Body, Patch, Raster, patch

EMBRYO = ("cell", "fragment")
IN_FOCUS_UM = 20.0


@dataclass(frozen=True)
class Truth:
    fragment: np.ndarray  # H W bool, union: overlapping fragments count once
    embryo: np.ndarray  # H W bool, cells and fragments; no zona, gap or polar body
    in_focus: np.ndarray  # H W bool, fragments near the sharp plane

    @property
    def area_ratio(self) -> float:
        return _share(self.fragment, self.embryo)

    @property
    def in_focus_ratio(self) -> float:
        return _share(self.in_focus, self.embryo)


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    total = int(whole.sum())
    return int(part.sum()) / total if total else 0.0


def shadow(bodies: Iterable[Body], raster: Raster) -> np.ndarray:
    mask = np.zeros(raster.shape, dtype=bool)
    for body in bodies:
        seen = patch(body, raster)
        if seen is not None:
            mask[seen.rows, seen.cols] |= seen.chord > 0
    return mask


def truth(bodies: Iterable[Body], raster: Raster, focus_um: float) -> Truth:
    bodies = list(bodies)
    fragments = [body for body in bodies if body.kind == "fragment"]
    sharp = [body for body in fragments if abs(body.centre[2] - focus_um) < IN_FOCUS_UM]
    fragment = shadow(fragments, raster)
    embryo = fragment | shadow((body for body in bodies if body.kind == "cell"), raster)
    return Truth(fragment, embryo, shadow(sharp, raster))


def instances(bodies: Iterable[Body], raster: Raster) -> list[tuple[Body, Patch]]:
    """Every fragment with its own window, for annotators who treat them one by one."""
    found = ((b, patch(b, raster)) for b in bodies if b.kind == "fragment")
    return [(body, seen) for body, seen in found if seen is not None]
