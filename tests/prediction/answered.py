"""What a folder of answers holds, as others would read it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ivfgrade.prediction.inputs import files_meant
from ivfgrade.prediction.opened import Opened
from ivfgrade.prediction.record import Writing
from ivfgrade.prediction.run import Outcome, predict


def run(opened: Opened, wanted: Path, out: Path, again: bool = False) -> Outcome:
    how = Writing(out, overlays=True, um_per_px=None)
    return predict(opened, files_meant([str(wanted)], out), how, again=again)


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]


def by_name(out: Path) -> dict[str, dict[str, Any]]:
    """For pictures of different names; fails on two lines of one file."""
    found = lines(out)
    named = {Path(record["file"]).name: record for record in found}
    assert len(named) == len(found)
    return named


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)
