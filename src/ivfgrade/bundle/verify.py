"""Is this bundle the one that was handed over, and does it work here?

python verify.py [--digest SHA256] [--device auto|cpu|cuda]

Needs Python 3.11 and the packages onnxruntime, numpy and pillow, nothing else. Changes nothing.
"""

# Every file is compared with SHA256SUMS before any other file of the bundle is run, so all that
# this takes stands here, on Python's own library. Damage is always found, in this file too. Malice
# is not: whoever may change the bundle may change this file and the list with it. Against that
# helps the digest of the list, come on another way and compared by a program of your own:
#
#     sha256sum SHA256SUMS && sha256sum --check SHA256SUMS        or        ivfgrade verify BUNDLE

from __future__ import annotations

import os
import sys

# Not the usual `== "__main__"`: were one of its letters damaged, nothing would be asked at all.
if __name__ == "ivfgrade.bundle.verify":
    PROGRAM = False
else:
    PROGRAM = True
    HERE = os.path.dirname(os.path.realpath(__file__))
    # a file beside this one must not pass for one of Python's library
    sys.path[:] = [place for place in sys.path if os.path.realpath(place) != HERE]
    sys.dont_write_bytecode = True  # it would leave files that nobody handed over

import argparse
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NoReturn

SUMS, SELF = "SHA256SUMS", "verify.py"
OWN = "# this list: "  # begins the list; what follows is the digest of its other lines
LINE = re.compile(r"([0-9a-f]{64})  ([^\r\n]+)")
DIGEST = re.compile(r"[0-9a-f]{64}")
WORKS = "The bundle works here as it did where it was made."
MOST = 5  # files that are named at once


class BrokenSeal(Exception):
    """Which file is not what was handed over."""


def main(bundle: Path, arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--digest", help="of SHA256SUMS, as the export printed it")
    parser.add_argument("--device", default="cpu", help="auto, cpu (if not given) or cuda")
    asked = parser.parse_args(arguments)
    if sys.version_info < (3, 11):  # noqa: UP036, a deployer's is not ours
        _fail(f"Python is {sys.version.split()[0]}; it must be 3.11 or later")
    try:
        require_itself(bundle)
        sums = check(bundle, asked.digest)
    except BrokenSeal as error:
        _fail(error)
    print(unchanged(sums, asked.digest))
    sys.path.insert(0, str(bundle / "code"))  # now that it is known
    _require_working(bundle, set(sums), asked.device)
    print(WORKS)


def _require_working(bundle: Path, names: set[str], device: str) -> None:
    try:
        from ivfgrade.bundle import checks, manifest
        from ivfgrade.errors import InputError
    except ImportError as error:
        _fail(f"{error}; install what it needs: pip install -r requirements.txt")
    try:
        for line in checks.checked(bundle, manifest.read(bundle), names, device):
            print(line)
    except InputError as error:
        _fail(error)


def require_itself(bundle: Path) -> None:
    """Before all else, and in the plainest way: a file that is damaged may err about others."""
    line = f"{sha256((bundle / SELF).read_bytes())}  {SELF}\n"
    if line.encode() not in _list(bundle):
        raise BrokenSeal(f"{SELF} is not the one that {SUMS} names: one of the two was changed")


def unchanged(sums: dict[str, str], digest: str | None) -> str:
    if digest:
        return f"{SUMS}: is the one of this digest, and all {len(sums)} files are as it says"
    return (
        f"{SUMS}: all {len(sums)} files are as it says; whether it is itself the one that was "
        "handed over is known with --digest only"
    )


def check(folder: Path, digest: str | None = None) -> dict[str, str]:
    """Digests of all files by name, after every one of them was found unchanged.

    `digest` is that of the list, as it was handed over on another way; without it, whoever can
    replace a file can replace the list with it.
    """
    sums = listed(folder, digest)
    there = files_of(folder)
    broken = []
    for name in sums:
        if name not in there:
            broken.append(f"{name} is missing")
        elif _sha256_of(folder, name) != sums[name]:
            broken.append(f"{name} is not what was handed over: its SHA-256 differs")
    for name in sorted(there - sums.keys() - {SUMS}):
        broken.append(f"{name} does not belong to the bundle: {SUMS} does not name it")
    if broken:
        more = f"; and {len(broken) - MOST} more files" if len(broken) > MOST else ""
        raise BrokenSeal("; ".join(broken[:MOST]) + more)
    return sums


def listed(folder: Path, digest: str | None) -> dict[str, str]:
    content = _list(folder)
    if digest is not None:
        _require_digest(content, digest.strip().lower())
    own, _, lines = content.partition(b"\n")
    if own != f"{OWN}{sha256(lines)}".encode():
        raise BrokenSeal(f"{SUMS} was changed: its first line does not fit the others")
    entries = [_entry(line) for line in lines.decode(errors="replace").split("\n")[:-1]]
    if len(dict(entries)) < len(entries):
        raise BrokenSeal(f"{SUMS} names a file twice")
    return dict(entries)


def _list(folder: Path) -> bytes:
    try:
        return (folder / SUMS).read_bytes()
    except OSError as error:
        raise BrokenSeal(f"{SUMS} cannot be read beside {SELF} ({error.strerror})") from error


def _require_digest(content: bytes, digest: str) -> None:
    if not DIGEST.fullmatch(digest):
        raise BrokenSeal(f"the digest {digest[:80]!r} is no SHA-256: 64 digits from 0 to f")
    if sha256(content) != digest:
        raise BrokenSeal(
            f"{SUMS} is not the one of this digest, but of {sha256(content)}: this is another "
            "bundle, or it was changed together with its list"
        )


def _entry(line: str) -> tuple[str, str]:
    found = LINE.fullmatch(line)
    if not found or PurePosixPath(found[2]).is_absolute() or ".." in PurePosixPath(found[2]).parts:
        raise BrokenSeal(f"{SUMS} has a line that names no file of the bundle: {line[:80]!r}")
    return found[2], found[1]


def files_of(folder: Path) -> set[str]:
    """Names of all files below, `/` between folders; an empty folder is named as `folder/`. What is
    neither may not be: a link could lead anywhere, a pipe is waited for without end."""
    names = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BrokenSeal(f"{name} is a link or a device; a bundle holds files alone")
        if path.is_file():
            names.add(name)
        elif _is_empty(path, name):
            names.add(f"{name}/")
    return names


def _is_empty(folder: Path, name: str) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError as error:
        raise BrokenSeal(f"{name}/ cannot be read ({error.strerror})") from error


def _sha256_of(folder: Path, name: str) -> str:
    try:
        with (folder / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BrokenSeal(f"{name} cannot be read ({error.strerror})") from error


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _fail(reason: object) -> NoReturn:
    """Exit code 1, which Python gives to a text."""
    sys.exit(f"error: {reason}")


if PROGRAM:
    main(Path(HERE))
