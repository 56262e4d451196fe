"""How the outlines of each row are drawn: one colour per family, dashed for its variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivfgrade.evaluation import style

YELLOW, PALE = "#F0E442", "#D9D9D9"
FAMILIES = {
    "Baseline": PALE,
    "A": style.GREEN,
    "B1": style.SKY,
    "B2": style.BLUE,
    "C": style.ORANGE,
    "D": style.PURPLE,
    "E": style.VERMILION,
    "F": YELLOW,
}
OTHERS = (style.BLUE, PALE)
DASHES: tuple[tuple[float, ...], ...] = ((), (4, 2), (1.5, 1.5), (6, 2, 1.5, 2))


@dataclass(frozen=True)
class Stroke:
    colour: str
    dash: tuple[float, ...]  # empty: a solid line


def strokes(names: Sequence[str]) -> dict[str, Stroke]:
    """In the order given; variants of a row share its colour and are dashed."""
    seen: dict[str, int] = {}
    found = {}
    for name in names:
        family = name if name in FAMILIES else name.split("_")[0]
        is_variant = name not in FAMILIES
        colour = FAMILIES.get(family) or OTHERS[len(seen) % len(OTHERS)]
        nth = seen[family] = seen.get(family, 0) + is_variant
        dash = DASHES[nth % len(DASHES)] if is_variant else ()
        found[name] = Stroke(colour, dash)
    return found
