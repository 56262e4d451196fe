"""What the viewer shows: every test image with its truth and what each row made of it.

A page is sent around, and names of images and patients may be those of people: it holds neither,
but the number of the image's line in the prepared manifest.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, Arrays
from ivfgrade.errors import InputError
from ivfgrade.evaluation.crop import around
from ivfgrade.htmlreport import runlength
from ivfgrade.htmlreport.crop import window
from ivfgrade.htmlreport.gates import GateScale, gate_scales
from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.pictures import MAP_QUALITY, jpeg
from ivfgrade.htmlreport.rows import Row, union_of_images
from ivfgrade.htmlreport.strokes import strokes

NUMBERS = ("dice", "false_alarm", "direct", "hard", "soft", "fused", "reported", "error_reported")
DIGITS = 4
SHOWN_FIRST = ("A", "C", "F")  # the paper's columns, and ours
PREFERRED = ("F", "D", "C", "A")  # whose numbers the images are sorted by at first


@dataclass(frozen=True)
class Collection:
    """All test images of the rows, and where the data set keeps them."""

    rows: Sequence[Row]
    images: pd.DataFrame
    arrays: Arrays
    places: Mapping[str, int]  # image -> place in the arrays

    def case(self, image: str) -> int:
        """The number of its line in the manifest."""
        return self.places[image] + 1

    def embryo(self, image: str) -> np.ndarray:
        """S S: true or estimated embryo together with its true fragments."""
        return self.arrays.masks[self.places[image]].max(-1) > 0


def collect(rows: Sequence[Row], arrays: Arrays) -> Collection:
    images = union_of_images(rows)
    places = {name: place for place, name in enumerate(arrays.manifest["image"])}
    strangers = sorted(set(images["image"]) - set(places))
    if strangers:
        raise InputError(
            f"the rows judge image {strangers[0]}, which the prepared data does not hold; "
            f"run dvc repro to make both from the same data"
        )
    for row in rows:
        if row.outlines is not None and row.outlines.size != arrays.size:
            raise InputError(
                f"row {row.name} outlines images of {row.outlines.size} pixels, the prepared data "
                f"has {arrays.size}; run dvc repro to make both from the same data"
            )
    return Collection(rows, images, arrays, places)


def viewer_data(collection: Collection, grades: Sequence[str]) -> dict[str, Any]:
    """Plain values for viewer.js."""
    rows = collection.rows
    scales = gate_scales(collection)
    numbers = {row.name: row.images.set_index("image") for row in rows}
    apart = disagreement(rows)
    return {
        "rows": row_facts(rows, scales),
        "grades": list(grades),
        "size": collection.arrays.size,
        "first": preferred(rows),
        "images": [
            _image(collection, about, numbers, apart, scales)
            for _, about in collection.images.iterrows()
        ],
    }


def preferred(rows: Sequence[Row]) -> str:
    names = [row.name for row in rows]
    return next((name for name in PREFERRED if name in names), names[-1])


def disagreement(rows: Sequence[Row]) -> pd.Series:
    """By image: largest less smallest reported ratio over the rows that judged it."""
    answers = pd.concat([row.images.set_index("image")["reported"] for row in rows], axis=1)
    return answers.max(axis=1) - answers.min(axis=1)


def row_facts(rows: Sequence[Row], scales: Mapping[str, GateScale]) -> list[dict[str, Any]]:
    drawn = [row.name for row in rows if row.outlines is not None]
    shown = [name for name in SHOWN_FIRST if name in drawn] or drawn[:3]
    stroke = strokes([row.name for row in rows])
    return [
        {
            "name": row.name,
            "told": told(row.name),
            "colour": stroke[row.name].colour,
            "dash": list(stroke[row.name].dash),
            "outlines": row.outlines is not None,
            "shown": row.name in shown,
            "gate": scales[row.name].ends() if row.name in scales else None,
        }
        for row in rows
    ]


def _image(
    collection: Collection,
    about: pd.Series,
    numbers: Mapping[str, pd.DataFrame],
    apart: pd.Series,
    scales: Mapping[str, GateScale],
) -> dict[str, Any]:
    name, arrays = str(about["image"]), collection.arrays
    index = collection.places[name]
    part = window(arrays, index)
    truth = part.of(arrays.masks[index][..., FRAGMENT]) > 0
    embryo = part.of(arrays.masks[index][..., EMBRYO]) > 0
    paired = about["supervision"] == "paired"
    return {
        "case": collection.case(name),
        "stage": str(about.get("stage", "")),
        "grade": str(about["grade"]) or str(about.get("clinical_grade", "")),
        "outlined": bool(paired),
        "ratio": _number(about["ratio"]),
        "apart": _number(apart.get(name, np.nan)),
        "width": part.width,
        "height": part.height,
        "offset": [part.left, part.top],
        "box": list(around(truth | embryo)),
        "picture": _text(jpeg(part.of(arrays.images[index]))),
        "truth": runlength.encode(truth) if paired else None,
        "rows": {
            row.name: {
                **_scores(numbers[row.name], name),
                **_drawn(row, name, part.of),
                **_gate(row, name, scales),
            }
            for row in collection.rows
            if name in numbers[row.name].index
        },
    }


def _scores(table: pd.DataFrame, image: str) -> dict[str, Any]:
    line = table.loc[image]
    found = {name: _number(line[name]) for name in NUMBERS if name in table}
    return {**found, "grade": str(line.get("predicted_grade", ""))}


def _drawn(row: Row, image: str, cut: Callable[[np.ndarray], np.ndarray]) -> dict[str, str]:
    mask = None if row.outlines is None else row.outlines.mask(image)
    return {} if mask is None else {"mask": runlength.encode(cut(mask))}


def _gate(row: Row, image: str, scales: Mapping[str, GateScale]) -> dict[str, str]:
    gate = None if row.outlines is None else row.outlines.gate(image)
    if gate is None:
        return {}
    return {"gate": _text(jpeg(scales[row.name].stretched(gate), MAP_QUALITY))}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _number(value: Any) -> float | None:
    """JSON has no NaN."""
    return round(float(value), DIGITS) if np.isfinite(value) else None
