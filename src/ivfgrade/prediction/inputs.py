"""Which files are meant: files, folders with all that is below them, and patterns."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from ivfgrade.dataset.images import IMAGE_SUFFIXES
from ivfgrade.errors import InputError
from ivfgrade.prediction.journal import FILE


def files_meant(wanted: Iterable[str], besides: Path | None = None) -> list[Path]:
    """Each once, sorted; nothing that lies in the folder `besides`, where the answers go.

    A file that is named is taken whatever its name, so that a wrong one is told. In a folder, all
    counts that has a picture's suffix, even what cannot be one: it is told, too.
    """
    real = cache(os.path.realpath)  # of folders: many files share one
    own = None if besides is None else os.path.realpath(besides)
    found = {os.path.abspath(path) for one in wanted for path in _meant(one)}
    if own is not None:
        found = {path for path in found if not _inside(real(os.path.dirname(path)), own)}
    kept = sorted(found)
    if not kept:
        raise InputError("no picture was found; name files, folders or patterns like 'week1/*.png'")
    return [Path(path) for path in kept]


def _meant(one: str) -> Iterator[str]:
    if os.path.isdir(one):
        yield from _below(one)
    elif os.path.lexists(one):
        yield one
    elif glob.has_magic(one):
        matches = glob.glob(one, recursive=True)
        if not matches:
            raise InputError(f"no file fits {one}")
        for match in matches:
            yield from _below(match) if os.path.isdir(match) else [match]
    elif one.lower().endswith(IMAGE_SUFFIXES):
        yield one  # a picture that is gone is one bad file, and no reason to read none
    else:
        raise InputError(f"{one} does not exist")


def _below(top: str) -> Iterator[str]:
    """All pictures under a folder, through links, too; hidden ones and other answers are none."""
    seen = set()
    unreadable: list[str] = []
    for folder, folders, files in os.walk(
        top, onerror=lambda error: unreadable.append(str(error.filename)), followlinks=True
    ):
        place = os.path.realpath(folder)
        if place in seen or FILE in files:
            folders.clear()
            continue
        seen.add(place)
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*folders, *files):
            if name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith("."):
                yield os.path.join(folder, name)
    yield from unreadable


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
