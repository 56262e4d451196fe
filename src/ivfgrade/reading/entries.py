"""One picture of the page: what is seen of it first, and what is seen of it after its reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from ivfgrade.bundle.answers import UNREADABLE
from ivfgrade.dataset.images import BadImage
from ivfgrade.errors import InputError
from ivfgrade.prediction.journal import Record, key_of
from ivfgrade.prediction.masks import FRAGMENT_INDEX
from ivfgrade.reading.contours import svg_path
from ivfgrade.reading.folder import identity
from ivfgrade.reading.pictures import Shown, shown

NUMBERS = ("ratio", "ratio_low", "ratio_high", "grade", "grades", "embryo_px")
GONE = "The file is no longer where it was when the model saw it."
CHANGED = "The file was changed after the model saw it."


@dataclass(frozen=True)
class Entry:
    about: Mapping[str, Any]  # for the page's script
    jpeg: str  # base64; empty where there is nothing to look at


def entry(record: Record, name: str, folder: Path, means: Mapping[str, str]) -> Entry:
    about: dict[str, Any] = {"id": identity(record), "name": name}
    picture, missing = _picture(record)
    if picture is None:
        return Entry({**about, "missing": missing}, "")
    about |= {"width": picture.width, "height": picture.height}
    return Entry({**about, "model": _model(record, folder, picture.scale, means)}, picture.jpeg)


def _picture(record: Record) -> tuple[Shown | None, str]:
    """What the model saw, or why it cannot be shown."""
    path = Path(record["file"])
    if record["status"] == UNREADABLE:
        return None, f"No answer to this file: {'; '.join(record['reasons'])}."
    if key_of(path) != (record["bytes"], record["changed_ns"]):
        return None, CHANGED if path.exists() else GONE
    try:
        return shown(path), ""
    except BadImage as error:
        return None, f"The file could not be read as a picture: {error.reason}."


def _model(
    record: Record, folder: Path, scale: float, means: Mapping[str, str]
) -> Mapping[str, Any]:
    told = {name: record[name] for name in NUMBERS if name in record}
    told |= {
        "status": record["status"],
        "codes": record.get("reasons", []),
        "reasons": [means.get(code, code) for code in record.get("reasons", [])],
        "fragments": [_placed(one, scale) for one in record.get("fragments", [])],
    }
    if "mask" in record:
        mask = _mask(folder / record["mask"], (record["height"], record["width"]))
        told |= {
            "embryo": svg_path(mask > 0, scale),
            "fragment": svg_path(mask == FRAGMENT_INDEX, scale),
        }
    return told


def _placed(fragment: Mapping[str, float], scale: float) -> Mapping[str, float]:
    """With its place in the shown picture."""
    place = {
        "x": round(fragment["x_px"] * scale, 1),
        "y": round(fragment["y_px"] * scale, 1),
        "across": round(fragment["diameter_px"] * scale, 1),
    }
    sizes = ("area_px", "diameter_px", "area_um2", "diameter_um")
    return {**place, **{name: fragment[name] for name in sizes if name in fragment}}


def _mask(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """uint8 [H,W], numbers of the palette."""
    try:
        with Image.open(path) as image:
            mask = np.asarray(image)
    except (OSError, UnidentifiedImageError) as error:
        raise InputError(
            f"{path} cannot be read ({error}); run ivfgrade predict into a new folder"
        ) from error
    if mask.shape != shape:
        height, width = shape
        raise InputError(f"{path} is no mask of {width} x {height} pixels, as its picture has")
    return mask
