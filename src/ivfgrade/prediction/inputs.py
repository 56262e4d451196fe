"""Which files are meant: files, folders with all that is below them, and patterns."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from ivfgrade.dataset.images import IMAGE_SUFFIXES
from ivfgrade.errors import InputError


def files_meant(wanted: Iterable[str]) -> list[Path]:
    """Each once, sorted; a file that is named is taken whatever its name, so that a wrong one is
    told."""
    found = {path.absolute() for one in wanted for path in _meant(one)}
    if not found:
        raise InputError("no picture was found; name files, folders or patterns like 'week1/*.png'")
    return sorted(found)


def _meant(one: str) -> Iterator[Path]:
    path = Path(one)
    if path.is_dir():
        yield from _below(path)
    elif path.exists() or not glob.has_magic(one):
        if not path.exists():
            raise InputError(f"{one} does not exist")
        yield path
    else:
        for match in glob.glob(one, recursive=True):
            named = Path(match)
            yield from _below(named) if named.is_dir() else [named]


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and not hidden:
            yield path
