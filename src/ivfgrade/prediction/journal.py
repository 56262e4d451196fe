"""answers.jsonl: one line per picture, written when all that belongs to it is on disk.

The line is what makes a picture done. A killed run leaves whole lines, or half of the last one,
which is taken away; whoever goes on reads which pictures are done, and does the others. No file has
two lines: that of a picture that was replaced goes before the new one is computed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from types import TracebackType
from typing import Any

from ivfgrade.bundle.answers import UNREADABLE
from ivfgrade.errors import InputError

FILE = "answers.jsonl"
Record = dict[str, Any]
Key = tuple[int, int]  # bytes and time of change: a picture that was replaced is a new one
ABSENT = (-1, -1)
FILES = {"mask", "overlay"}  # that a record names, and that go with it
MASKS, OVERLAYS = "masks", "overlays"
FOLDERS = (MASKS, OVERLAYS)  # of these files
KINDS = {"file": str, "bytes": int, "changed_ns": int, "status": str}


def key_of(path: Path) -> Key:
    try:
        about = path.stat()
    except (OSError, ValueError):
        return ABSENT
    return (about.st_size, about.st_mtime_ns)


class Journal:
    """Of one folder of answers; as a context, so that the file is closed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / FILE
        _without_half_a_line(self.path)
        self._known = {
            record["file"]: ((record["bytes"], record["changed_ns"]), record["status"])
            for record in records(self.path)
        }
        self._file = self.path.open("ab")

    def due(self, paths: Iterable[Path], again: bool) -> dict[Path, Key]:
        """What has no answer as it is now; `again` asks once more for what could not be read."""
        keys = {path: key_of(path) for path in paths}
        return {path: key for path, key in keys.items() if not self._done(path, key, again)}

    def forget(self, paths: Iterable[Path]) -> None:
        """Lines of what is computed anew, and the files that belong to them."""
        outdated = {str(path) for path in paths} & self._known.keys()
        if not outdated:
            return
        self._file.close()
        gone = [record for record in records(self.path) if record["file"] in outdated]
        self._rewrite_without(outdated)
        self._file = self.path.open("ab")
        for record in gone:
            for kind in FILES & record.keys():
                (self.folder / record[kind]).unlink(missing_ok=True)

    def append(self, record: Record) -> None:
        """In ASCII: a name may hold what is no text, or what some take for the end of a line."""
        self._file.write(f"{json.dumps(record, sort_keys=True, allow_nan=False)}\n".encode())
        self._file.flush()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._file.close()

    def _rewrite_without(self, files: Set[str]) -> None:
        partial = self.path.with_name(f".{FILE}.partial")
        with self.path.open("rb") as whole, partial.open("wb") as kept:
            kept.writelines(line for line in whole if json.loads(line)["file"] not in files)
            kept.flush()
            os.fsync(kept.fileno())
        os.replace(partial, self.path)

    def _done(self, path: Path, key: Key, again: bool) -> bool:
        known, status = self._known.get(str(path), (None, None))
        return known == key and not (again and status == UNREADABLE)


def records(path: Path) -> Iterator[Record]:
    """One at a time: a run may be of a million pictures."""
    return (record for _, record in placed(path))


def placed(path: Path) -> Iterator[tuple[int, Record]]:
    """With the byte where each begins; half a line at the end is still being written."""
    if not path.exists():
        return
    place = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                yield place, _record(line, f"{path} line {number}")
            place += len(line)


def _record(line: bytes, where: str) -> Record:
    try:
        record = json.loads(line)
        if _is_whole(record):
            return record
    except (ValueError, AttributeError, RecursionError):
        pass
    raise InputError(f"{where} is no answer; take the folder away, or name another one with --out")


def _is_whole(record: Record) -> bool:
    """With what is read of it later. Its files lie in folders of this one: whoever replaces an
    answer takes them away."""
    known = {**KINDS, "reasons": list} if record.get("status") == UNREADABLE else KINDS
    named = [Path(str(record[kind])) for kind in FILES & record.keys()]
    return all(isinstance(record.get(name), kind) for name, kind in known.items()) and all(
        len(path.parts) == 2 and path.parts[0] in FOLDERS for path in named
    )


def _without_half_a_line(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb+") as file:
        whole = 0
        for line in file:
            whole += len(line) if line.endswith(b"\n") else 0
        file.truncate(whole)
