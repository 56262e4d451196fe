"""SHA256SUMS: the list of a bundle's files with their digests, and the check that nothing differs.

Python's own library alone: this file travels inside the bundle, where it runs before anything else.
The list is that of `sha256sum`, whose `--check` reads it too. It begins with a comment that holds
the digest of all its other lines, so that a change of the list itself is told from one of a file.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath

SUMS = "SHA256SUMS"
OWN = "# this list: "
LINE = re.compile(r"([0-9a-f]{64})  (.+)")


class BrokenSeal(Exception):
    """Which file is not what was handed over."""


def seal(folder: Path) -> str:
    """Write the list over every other file; returns its digest, which names the bundle."""
    names = sorted(name for name in files_of(folder) if name != SUMS)
    lines = "".join(f"{sha256((folder / name).read_bytes())}  {name}\n" for name in names)
    content = f"{OWN}{sha256(lines.encode())}\n{lines}".encode()
    (folder / SUMS).write_bytes(content)
    return sha256(content)


def check(folder: Path, digest: str | None = None) -> dict[str, str]:
    """Digests of all files by name, after every one of them was found unchanged.

    `digest` is that of the list, as it was handed over on another way; without it, whoever can
    replace a file can replace the list with it.
    """
    sums = listed(folder, digest)
    there = files_of(folder)
    for name in sums:
        if name not in there:
            raise BrokenSeal(f"{name} is missing")
        if sha256((folder / name).read_bytes()) != sums[name]:
            raise BrokenSeal(f"{name} is not what was handed over: its SHA-256 differs")
    for name in sorted(there - sums.keys() - {SUMS}):
        raise BrokenSeal(f"{name} does not belong to the bundle: {SUMS} does not name it")
    return sums


def listed(folder: Path, digest: str | None) -> dict[str, str]:
    try:
        content = (folder / SUMS).read_bytes()
    except OSError as error:
        raise BrokenSeal(f"{SUMS} cannot be read ({error.strerror}): is this a bundle?") from error
    if digest is not None and sha256(content) != digest.lower():
        raise BrokenSeal(f"{SUMS} is not the one that was handed over: its SHA-256 differs")
    own, _, lines = content.partition(b"\n")
    if own != f"{OWN}{sha256(lines)}".encode():
        raise BrokenSeal(f"{SUMS} was changed: its first line does not fit the others")
    return dict(_entry(line) for line in lines.decode().splitlines())


def files_of(folder: Path) -> set[str]:
    """Names of all files below, `/` between folders. A link could lead anywhere, so none may be."""
    names = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise BrokenSeal(f"{name} is a link; a bundle holds files alone")
        if path.is_file():
            names.add(name)
    return names


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _entry(line: str) -> tuple[str, str]:
    found = LINE.fullmatch(line)
    if not found or PurePosixPath(found[2]).is_absolute() or ".." in PurePosixPath(found[2]).parts:
        raise BrokenSeal(f"{SUMS} has a line that names no file of the bundle: {line[:80]!r}")
    return found[2], found[1]
