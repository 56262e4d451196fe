"""Pictures in, answers out: decoded, computed and written at the same time.

One thread computes, as ONNX Runtime takes all cores by itself; others decode what comes next and
write what came before. Few pictures are in memory at once, however many there are.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from ivfgrade.bundle.answers import UNREADABLE, vocabulary
from ivfgrade.bundle.session import compute, compute_alone
from ivfgrade.errors import InputError
from ivfgrade.prediction import tables
from ivfgrade.prediction.folder import held, pin
from ivfgrade.prediction.journal import FILE, Journal, Key, Record, records
from ivfgrade.prediction.opened import Opened
from ivfgrade.prediction.rate import ALONE, Rate
from ivfgrade.prediction.record import NEEDED, Writing, written

LISTED = 10  # unreadable files that are told by name


@dataclass
class Outcome:
    """Of all pictures that were asked for, in this run or before."""

    rate: Rate
    counts: Counter[str] = field(default_factory=Counter)  # by status
    unreadable: list[str] = field(default_factory=list)  # the first, with their reasons


def predict(
    opened: Opened, paths: Sequence[Path], how: Writing, jobs: int = 2, again: bool = False
) -> Outcome:
    """Answer what was not answered yet; `again` tries what could not be read once more."""
    settings = {
        "bundle": opened.manifest.name,
        "digest": opened.digest,
        "graph": opened.graph.file,
        "um_per_px": how.um_per_px,
        "overlays": how.overlays,
        **vocabulary(opened.manifest),
    }
    try:
        with held(how.folder):
            pin(how.folder, settings)
            rate = _answer_all(opened, paths, how, jobs, again)
            tables.write_tables(how.folder)
            return _outcome(rate, paths, how.folder)
    except OSError as error:  # reading troubles are a picture's own; what is left is writing
        raise InputError(
            f"{how.folder} cannot be written: {error.strerror or error}; what is in it is whole, "
            "and the same command goes on"
        ) from error


def _answer_all(
    opened: Opened, paths: Sequence[Path], how: Writing, jobs: int, again: bool
) -> Rate:
    rate = Rate()
    with Journal(how.folder) as journal:
        due = journal.due(paths, again)
        if due:
            tables.take_away(how.folder)
            journal.forget(due)
        bar = tqdm(total=len(paths), initial=len(paths) - len(due), desc="predict", unit="picture")
        with bar:
            for record in _records(opened, due, how, jobs, rate):
                journal.append(record)
                bar.set_postfix_str(rate.told, refresh=False)
                bar.update()
    rate.end()
    return rate


def _records(
    opened: Opened, due: Mapping[Path, Key], how: Writing, jobs: int, rate: Rate
) -> Iterator[Record]:
    """As their files are on disk: first a few one by one, for the network's own rate."""
    paths = list(due)
    alone = dict.fromkeys(paths[:: max(1, len(paths) // ALONE)][:ALONE])
    for path in alone:
        done = compute_alone(opened.session, path, NEEDED)
        rate.add(done, undisturbed=True)
        yield written(done, due[path], opened.manifest, how)
    others = (path for path in paths if path not in alone)
    waiting: deque[Future[Record]] = deque()
    with ThreadPoolExecutor(jobs) as writers:
        for done in compute(opened.session, others, NEEDED, jobs):
            rate.add(done)
            waiting.append(writers.submit(written, done, due[done.path], opened.manifest, how))
            while waiting and (waiting[0].done() or len(waiting) > 2 * jobs):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _outcome(rate: Rate, paths: Sequence[Path], folder: Path) -> Outcome:
    asked, outcome = set(map(str, paths)), Outcome(rate)
    for record in records(folder / FILE):
        if record["file"] in asked:
            outcome.counts[record["status"]] += 1
            if record["status"] == UNREADABLE and len(outcome.unreadable) < LISTED:
                outcome.unreadable.append(f"{record['file']}: {'; '.join(record['reasons'])}")
    return outcome
