"""answers.jsonl: one line per picture, written when all that belongs to it is on disk.

The line is what makes a picture done. A killed run leaves whole lines, or half of the last one,
which is taken away; whoever goes on reads which pictures are done, and does the others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from ivfgrade.errors import InputError

FILE = "answers.jsonl"
Record = dict[str, Any]
Key = tuple[str, int, int]  # path, bytes, time of change: a picture that was replaced is a new one


def key_of(path: Path) -> Key:
    try:
        about = path.stat()
    except OSError:
        return (str(path), -1, -1)
    return (str(path), about.st_size, about.st_mtime_ns)


class Journal:
    """Of one folder of answers; as a context, so that the file is closed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        folder.mkdir(parents=True, exist_ok=True)
        _without_half_a_line(self.path)
        self.done = {(r["file"], r["bytes"], r["changed_ns"]) for r in records(self.path)}
        self._file: BinaryIO = self.path.open("ab")

    def append(self, record: Record) -> None:
        line = json.dumps(record, sort_keys=True, allow_nan=False, ensure_ascii=False)
        self._file.write(f"{line}\n".encode())
        self._file.flush()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        os.fsync(self._file.fileno())
        self._file.close()


def records(path: Path) -> Iterator[Record]:
    """One at a time: a run may be of a million pictures."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise InputError(
                    f"{path} line {number} is no answer; take the file away to begin anew"
                ) from error


def _without_half_a_line(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb+") as file:
        content_end = file.seek(0, os.SEEK_END)
        whole = content_end
        while whole and _byte_before(file, whole) != b"\n":
            whole -= 1
        if whole != content_end:
            file.truncate(whole)


def _byte_before(file: BinaryIO, position: int) -> bytes:
    file.seek(position - 1)
    return file.read(1)
