"""From what the graph found on a picture to its record, with the files that belong to it."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivfgrade.atomic import write_bytes
from ivfgrade.bundle.answers import UNREADABLE, Answer, answer
from ivfgrade.bundle.fragments import fragments_of
from ivfgrade.bundle.manifest import Manifest
from ivfgrade.bundle.session import Computed, Failed
from ivfgrade.prediction.journal import MASKS, OVERLAYS, Key, Record
from ivfgrade.prediction.masks import indexed
from ivfgrade.prediction.overlay import as_png, overlay, words_of

NEEDED = (
    "fragment_mask", "embryo_mask", "ratio", "ratio_low", "ratio_high", "grade", "grade_low",
    "grade_high", "refused",
)  # fmt: skip
LONGEST_STEM = 40  # letters: what is added to a name must not make it too long for a disk


@dataclass(frozen=True)
class Writing:
    """How the answers are written."""

    folder: Path
    overlays: bool
    um_per_px: float | None


def written(done: Computed | Failed, key: Key, manifest: Manifest, how: Writing) -> Record:
    """What belongs to the picture is on disk when this returns; its line is written after that.

    `key` is from before it was decoded: if it was replaced meanwhile, the next run sees it.
    """
    about: Record = {"file": str(done.path), "bytes": key[0], "changed_ns": key[1]}
    if isinstance(done, Failed):
        return {**about, "status": UNREADABLE, "reasons": [done.reason]}
    found = answer(done.found, manifest)
    numbers = (found.ratio, found.ratio_low, found.ratio_high)
    if not found.refused and not all(
        number is not None and math.isfinite(number) for number in numbers
    ):
        return {**about, "status": UNREADABLE, "reasons": ["the network gives no number for it"]}
    height, width = done.pixels.shape[:2]
    record = {**about, "width": width, "height": height, **found.record()}
    if not found.refused:
        record |= _measured(found, how.um_per_px)
    name = _own_name(done.path)
    record["mask"] = f"{MASKS}/{name}"
    write_bytes(how.folder / record["mask"], as_png(indexed(found.fragment, found.embryo)))
    if how.overlays:
        record["overlay"] = f"{OVERLAYS}/{name}"
        drawn = overlay(done.pixels, found.fragment, found.embryo, words_of(found, manifest))
        write_bytes(how.folder / record["overlay"], as_png(drawn))
    return record


def _measured(found: Answer, um_per_px: float | None) -> dict[str, Any]:
    return {
        "embryo_px": int(found.embryo.sum()),
        "fragments": [one.record(um_per_px) for one in fragments_of(found.fragment)],
    }


def _own_name(picture: Path) -> str:
    """Pictures of one name in two folders get two names."""
    origin = hashlib.sha256(str(picture).encode(errors="surrogateescape")).hexdigest()[:12]
    stem = re.sub(r"[^\w.-]", "_", picture.stem)[:LONGEST_STEM]
    return f"{stem}-{origin}.png"
