"""Outlines of a mask as the path of an SVG, so that the page draws them or leaves them out."""

from __future__ import annotations

import numpy as np
from skimage.measure import approximate_polygon, find_contours

TOLERANCE = 0.4  # pixels of the shown picture: thinner than the line that is drawn


def svg_path(mask: np.ndarray, scale: float) -> str:
    """Closed lines around what is true in `mask` [H,W], holes too; `scale` shown over own pixels.

    A line runs half a pixel outside the centres of the pixels that it encloses.
    """
    closed = find_contours(np.pad(mask.astype(float), 1), 0.5)  # y, x of centres, moved by the edge
    return "".join(_line((points - 0.5) * scale) for points in closed)


def _line(points: np.ndarray) -> str:
    corners = approximate_polygon(points, TOLERANCE)[:-1]  # the last is the first again
    if len(corners) < 3:  # smaller than the tolerance
        corners = points[:-1]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for y, x in corners) + "Z"
