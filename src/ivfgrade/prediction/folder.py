"""The folder that answers go into: one run at a time, of one bundle, with one set of settings."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ivfgrade.atomic import require_folder, write_json
from ivfgrade.errors import InputError

SETTINGS = "run.json"
LOCK = ".running"
PINNED = {"bundle", "digest", "scheme", "confidence", "refusals"}
ANOTHER = "predict into a new folder"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """By this process alone, until it ends in whatever way."""
    require_folder(folder)
    _require_own(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"another run writes into {folder}; wait for its end, or name another --out"
            ) from None
        yield


def pin(folder: Path, settings: Mapping[str, Any]) -> None:
    """What all answers in a folder have in common is written before the first of them."""
    path = folder / SETTINGS
    if not path.exists():
        write_json(path, settings)
    earlier = settings_in(folder)
    for name in sorted(settings.keys() | earlier.keys()):
        if settings.get(name) != earlier.get(name):
            raise InputError(
                f"{folder} holds answers with {name} {_told(earlier.get(name))}, asked for is "
                f"{_told(settings.get(name))}; name another --out"
            )
    for left in folder.glob("*/.*.partial"):  # of a run that was killed
        left.unlink(missing_ok=True)


def settings_in(folder: Path) -> dict[str, Any]:
    """As `pin` wrote them."""
    path = folder / SETTINGS
    try:
        settings = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({error}); {ANOTHER}") from error
    if not isinstance(settings, dict) or not settings.keys() >= PINNED:
        raise InputError(f"{path} is not what ivfgrade predict wrote; {ANOTHER}")
    return settings


def _require_own(folder: Path) -> None:
    """Before anything is written into it."""
    if not folder.exists() or (folder / SETTINGS).exists():
        return
    if any(not there.name.startswith(".") for there in folder.iterdir()):
        raise InputError(f"{folder} holds other things than answers; name another --out")


def _told(value: Any) -> str:
    return "none" if value is None else str(value)
