"""SHA256SUMS: the list of a bundle's files with their digests.

The list is that of `sha256sum`, whose `--check` reads it too. It begins with a comment that holds
the digest of all its other lines, so that a change of the list itself is told from one of a file.
Who reads it stands in `verify`, which travels with the bundle and must do so alone.
"""

from __future__ import annotations

from pathlib import Path

from ivfgrade.bundle.verify import LINE, OWN, SUMS, BrokenSeal, check, files_of, listed, sha256
from ivfgrade.errors import InputError

__all__ = ["SUMS", "BrokenSeal", "check", "files_of", "listed", "seal", "sha256"]


def seal(folder: Path) -> str:
    """Write the list over every other file; returns its digest, which names the bundle."""
    names = sorted(name for name in files_of(folder) if name != SUMS)
    lines = "".join(_line(folder, name) for name in names)
    content = f"{OWN}{sha256(lines.encode())}\n{lines}".encode()
    (folder / SUMS).write_bytes(content)
    return sha256(content)


def require_unbroken(folder: Path, digest: str | None = None) -> dict[str, str]:
    """For a command, to which a broken seal is an error like any other. Digests by file."""
    try:
        return check(folder, digest)
    except BrokenSeal as error:
        raise InputError(f"{folder}: {error}; it is not used") from error
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}") from error


def digest_of(folder: Path) -> str:
    """What names a bundle: the digest of its list."""
    return sha256((folder / SUMS).read_bytes())


def _line(folder: Path, name: str) -> str:
    if name.endswith("/") or "\\" in name or not name.isprintable():
        raise InputError(f"{name!r} cannot be part of a bundle: rename it, or take it away")
    line = f"{sha256((folder / name).read_bytes())}  {name}"
    assert LINE.fullmatch(line), line
    return f"{line}\n"
