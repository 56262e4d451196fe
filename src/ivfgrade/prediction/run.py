"""Pictures in, answers out: decoded, computed and written at the same time.

One thread computes, as ONNX Runtime takes all cores by itself; others decode what comes next and
write what came before. Few pictures are in memory at once, however many there are.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnxruntime
from tqdm import tqdm

from ivfgrade.atomic import write_bytes
from ivfgrade.bundle.answers import UNREADABLE, Answer, answer
from ivfgrade.bundle.fragments import fragments_of
from ivfgrade.bundle.manifest import Manifest
from ivfgrade.bundle.session import Computed, Failed, compute
from ivfgrade.prediction.journal import Journal, Record, key_of
from ivfgrade.prediction.overlay import as_png, overlay, words_of

NEEDED = (
    "fragment_mask", "embryo_mask", "ratio", "ratio_low", "ratio_high", "grade", "grade_low",
    "grade_high", "refused",
)  # fmt: skip
OVERLAYS = "overlays"


@dataclass(frozen=True)
class Wanted:
    """How the answers are written."""

    folder: Path
    overlays: bool
    um_per_px: float | None
    jobs: int  # threads that decode, and as many that write


@dataclass
class Rate:
    """How fast, and how much of the time the network itself took."""

    begun: float = field(default_factory=time.perf_counter)
    pictures: int = 0
    computing: float = 0.0  # seconds

    @property
    def told(self) -> str:
        taken = time.perf_counter() - self.begun
        if not self.pictures or not self.computing:
            return "no picture was computed"
        return (
            f"{self.pictures / taken:.1f} pictures/s, {100 * self.computing / taken:.0f} % of the "
            f"{self.pictures / self.computing:.1f} of the network alone"
        )


def predict(
    session: onnxruntime.InferenceSession,
    manifest: Manifest,
    paths: Sequence[Path],
    wanted: Wanted,
) -> Rate:
    """Answer what was not answered yet, in the order of `paths`."""
    rate = Rate()
    with Journal(wanted.folder) as journal:
        due = [path for path in paths if key_of(path) not in journal.done]
        bar = tqdm(total=len(paths), initial=len(paths) - len(due), desc="predict", unit="picture")
        with bar, ThreadPoolExecutor(wanted.jobs) as writers:
            for record in _in_order(writers, session, manifest, due, wanted, rate):
                journal.append(record)
                bar.update()
    return rate


def _in_order(
    writers: ThreadPoolExecutor,
    session: onnxruntime.InferenceSession,
    manifest: Manifest,
    due: Sequence[Path],
    wanted: Wanted,
    rate: Rate,
) -> Iterator[Record]:
    """Records as their files are written, in the order of `due`."""
    waiting: deque[Future[Record]] = deque()
    for done in compute(session, due, NEEDED, wanted.jobs):
        rate.pictures += 1
        rate.computing += done.seconds
        waiting.append(writers.submit(_written, done, manifest, wanted))
        while len(waiting) > 2 * wanted.jobs:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _written(done: Computed | Failed, manifest: Manifest, wanted: Wanted) -> Record:
    """What belongs to the picture on disk, then its line."""
    name, size, changed = key_of(done.path)
    about: Record = {"file": name, "bytes": size, "changed_ns": changed}
    if isinstance(done, Failed):
        return {**about, "status": UNREADABLE, "reasons": [done.reason]}
    found = answer(done.found, manifest)
    height, width = done.pixels.shape[:2]
    record = {**about, "width": width, "height": height, **found.record()}
    if not found.refused:
        record |= _measured(found, wanted.um_per_px)
    if wanted.overlays:
        record["overlay"] = _overlay(done, found, manifest, wanted.folder)
    return record


def _measured(found: Answer, um_per_px: float | None) -> dict[str, Any]:
    return {
        "embryo_px": int(found.embryo.sum()),
        "fragments": [one.record(um_per_px) for one in fragments_of(found.fragment)],
    }


def _overlay(done: Computed, found: Answer, manifest: Manifest, folder: Path) -> str:
    """Pictures of one name in two folders get two names."""
    origin = hashlib.sha256(str(done.path).encode()).hexdigest()[:8]
    name = f"{OVERLAYS}/{done.path.stem}-{origin}.png"
    drawn = overlay(done.pixels, found.fragment, found.embryo, words_of(found, manifest))
    write_bytes(folder / name, as_png(drawn))
    return name
