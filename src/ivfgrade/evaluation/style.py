"""One look for all figures: colours that colour-blind readers tell apart, and stable bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.figure import Figure

from ivfgrade.atomic import write_bytes

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"  # Okabe and Ito
SKY, PURPLE, GREY, INK = "#56B4E9", "#CC79A7", "#8A8A8A", "#222222"
GRADE_COLOURS = (BLUE, GREEN, ORANGE, VERMILION, PURPLE, SKY)
GRADE_MARKERS = ("o", "s", "^", "D", "v", "P")
TRUTH, MODEL, OUTLINE = SKY, ORANGE, "#FFFFFF"  # contours on a grey image
DPI = 110

LOOK: Any = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.grid": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "image.interpolation": "nearest",
}


@contextmanager
def figure(
    path: Path, width: float, height: float, layout: Literal["constrained", "compressed"]
) -> Iterator[Figure]:
    """A figure of so many inches, written to `path` at the end; equal figures give equal bytes.

    `compressed` moves images of fixed shape together, `constrained` is for plots.
    """
    with mpl.rc_context(LOOK):
        canvas = Figure(figsize=(width, height), layout=layout)
        yield canvas
        buffer = io.BytesIO()
        canvas.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    write_bytes(path, buffer.getvalue())


def grade_look(index: int) -> dict[str, Any]:
    colour = GRADE_COLOURS[index % len(GRADE_COLOURS)]
    return {"color": colour, "marker": GRADE_MARKERS[index % len(GRADE_MARKERS)]}
