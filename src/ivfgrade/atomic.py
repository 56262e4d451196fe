"""Write a file or folder whole or not at all: whoever reads it, or restarts, never sees half of it.

`read_json` reads back what `write_json` wrote, or says which file to make again.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ivfgrade.errors import InputError


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    write_text(path, json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n")


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `folder` if the body succeeds."""
    partial, old = (folder.with_name(f".{folder.name}.{end}") for end in ("partial", "old.partial"))
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    partial.mkdir(parents=True)
    try:
        yield partial
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
            folder.rename(old)
        partial.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def require_folder(path: Path) -> None:
    """That files can be written below it; it need not be there yet."""
    for part in (path, *path.parents):
        if part.exists():
            if not part.is_dir():
                raise InputError(f"{part} is a file and no folder; name another place")
            return


def require_apart(out: Path, bundle: Path) -> None:
    """What is written into a sealed folder breaks its seal."""
    inner, outer = out.resolve(), bundle.resolve()
    if inner == outer or outer in inner.parents:
        raise InputError(f"{out} lies in the bundle, which must stay as it is; name another --out")
    if inner in outer.parents:
        raise InputError(f"{out} holds the bundle {bundle}; name another --out")


def read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); run dvc repro to make it") from error


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """A compressed .npz; equal arrays give equal bytes, as NumPy dates every entry to 1980."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getbuffer())
