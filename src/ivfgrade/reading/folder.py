"""What `ivfgrade predict` left in a folder: the run, and the latest answer to each picture."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivfgrade.errors import InputError
from ivfgrade.prediction.folder import SETTINGS, settings_in
from ivfgrade.prediction.journal import FILE, Record, records


@dataclass(frozen=True)
class Run:
    """Of which the page is."""

    bundle: str
    digest: str  # of the bundle and the folder: pictures that are added later belong to the run
    grades: tuple[str, ...]
    borders: tuple[float, ...]
    confidence: float  # of the interval
    means: Mapping[str, str]  # sentence of each code of a refusal


def run_in(folder: Path) -> Run:
    """What all answers in the folder have in common."""
    if not (folder / SETTINGS).is_file():
        raise InputError(f"{folder} holds no {SETTINGS}; name a folder that ivfgrade predict wrote")
    settings = settings_in(folder)
    run = f"{settings['digest']} {folder.resolve()}"
    return Run(
        bundle=settings["bundle"],
        digest=hashlib.sha256(run.encode()).hexdigest(),
        grades=tuple(settings["scheme"]["grades"]),
        borders=tuple(settings["scheme"]["borders"]),
        confidence=settings["confidence"],
        means=settings["refusals"],
    )


def answers_in(folder: Path) -> list[Record]:
    """In the order of the files' names; of a picture that was replaced, the later answer."""
    latest = {record["file"]: record for record in records(folder / FILE)}
    if not latest:
        raise InputError(f"{folder} holds no answers; name a folder that ivfgrade predict wrote")
    return [latest[name] for name in sorted(latest)]


def names_of(answers: Sequence[Record]) -> list[str]:
    """Below the folder that all pictures share: what lies above it is nobody's business."""
    files = [record["file"] for record in answers]
    common = os.path.commonpath([os.path.dirname(file) for file in files])
    return [Path(os.path.relpath(file, common)).as_posix() for file in files]


def identity(record: Record) -> str:
    """Short name of a picture as it was when it was answered."""
    parts = [record["file"], record["bytes"], record["changed_ns"]]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
