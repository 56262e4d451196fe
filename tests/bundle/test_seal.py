"""Whatever is done to a bundle's files is told, with the name of the file."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ivfgrade.bundle import pack, seal, verify
from ivfgrade.errors import InputError

PLACES = {"start": 0.0, "middle": 0.5, "end": 1.0}


def flip(path: Path, place: float) -> None:
    content = bytearray(path.read_bytes())
    content[round(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)


def told(folder: Path, *arguments: str) -> str:
    """What the verifier says of a folder that it does not accept."""
    with pytest.raises(SystemExit) as refused:
        verify.main(folder, arguments)
    return str(refused.value.code)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_byte_that_differs_is_named_by_its_file(copied, place):
    names = seal.files_of(copied)
    assert len(names) > 20
    for name in names:
        before = (copied / name).read_bytes()
        flip(copied / name, place)
        words = told(copied)
        assert name in words
        if name not in ("verify.py", "SHA256SUMS"):
            assert words == f"error: {name} is not what was handed over: its SHA-256 differs"
        (copied / name).write_bytes(before)
    assert seal.check(copied)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_the_verifier_as_a_program_names_it_too(copied, place):
    """Its own text is damaged as well: what Python then says holds its name."""
    for name in seal.files_of(copied):
        before = (copied / name).read_bytes()
        flip(copied / name, place)
        run = subprocess.run(
            [sys.executable, str(copied / "verify.py")], capture_output=True, text=True, check=False
        )
        assert run.returncode == 1, name
        assert name in run.stderr
        (copied / name).write_bytes(before)


def test_each_byte_of_the_list_counts(copied):
    """Digests, names, spaces, line ends and its first line."""
    path = copied / seal.SUMS
    content = path.read_bytes()
    for place in range(0, len(content), 19):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(seal.BrokenSeal, match=seal.SUMS):
            verify.listed(copied, None)


def unix_to_dos(folder: Path) -> None:
    path = folder / seal.SUMS
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def link(folder: Path) -> None:
    shutil.copy(folder / "model.onnx", folder.parent / "elsewhere")
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to(folder.parent / "elsewhere")


def folder_for_file(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").mkdir()


def pipe(folder: Path) -> None:
    (folder / "LICENSE").unlink()
    os.mkfifo(folder / "LICENSE")


HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "added": (lambda f: (f / "code/numpy.py").write_text(""), "code/numpy.py does not belong"),
    "hidden": (lambda f: (f / ".x").write_text(""), ".x does not belong"),
    "removed": (lambda f: (f / "LICENSE").unlink(), "LICENSE is missing"),
    "renamed": (lambda f: (f / "LICENSE").rename(f / "LICENCE"),
                "LICENSE is missing; LICENCE does not belong"),
    "case": (lambda f: (f / "LICENSE").rename(f / "license"), "LICENSE is missing"),
    "link": (link, "model.onnx is a link"),
    "linked folder": (lambda f: (f / "more").symlink_to(f.parent), "more is a link"),
    "dead link": (lambda f: (f / "more").symlink_to("nothing"), "more is a link"),
    "folder": (folder_for_file, "model.onnx is missing"),
    "empty folder": (lambda f: (f / "more").mkdir(), "more/ does not belong"),
    "pipe": (pipe, "LICENSE is a link or a device"),
    "empty file": (lambda f: (f / "model.onnx").write_bytes(b""), "model.onnx is not what"),
    "line ends": (unix_to_dos, "SHA256SUMS"),
    "no list": (lambda f: (f / seal.SUMS).unlink(), "SHA256SUMS cannot be read"),
    "empty list": (lambda f: (f / seal.SUMS).write_text(""), "SHA256SUMS"),
    "binary list": (lambda f: (f / seal.SUMS).write_bytes(b"\xff\xfe\n\x00"), "SHA256SUMS"),
}  # fmt: skip


@pytest.mark.parametrize(("harm", "words"), HARM.values(), ids=HARM)
def test_harm_is_told(copied, harm, words):
    harm(copied)
    assert words in told(copied)


def test_a_file_that_cannot_be_read_is_named(copied, monkeypatch):
    opened = Path.open

    def refuse(path: Path, mode: str = "r", **options: object) -> object:
        if path.name == "model.onnx":
            raise PermissionError(13, "Permission denied")
        return opened(path, mode, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert "model.onnx cannot be read (Permission denied)" in told(copied)


def test_many_are_told_at_once_and_the_rest_counted(copied):
    for path in (copied / "code").rglob("*.py"):
        path.unlink()
    left_empty = 2  # folders
    more = len(pack.TRAVELS) + left_empty - verify.MOST
    assert f"; and {more} more files" in told(copied)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("../outside", "names no file of the bundle"),
        ("/etc/passwd", "names no file of the bundle"),
        ("a/../../b", "names no file of the bundle"),
        ("LICENSE\n" + "0" * 64 + "  LICENSE", "names a file twice"),
    ],
)
def test_a_list_that_leads_elsewhere_or_in_circles_is_refused(copied, line, words):
    """Though it fits its own first line."""
    lines = f"{'0' * 64}  {line}\n".encode()
    (copied / seal.SUMS).write_bytes(f"{verify.OWN}{seal.sha256(lines)}\n".encode() + lines)
    with pytest.raises(seal.BrokenSeal, match=f"{seal.SUMS} .*{words}"):
        seal.check(copied)


def test_the_verifier_asks_after_itself_before_all_else(copied):
    """Were it damaged, it could err about others."""
    flip(copied / "model.onnx", 0.5)
    flip(copied / "verify.py", 0.5)
    assert told(copied).startswith("error: verify.py is not the one that SHA256SUMS names")


def test_files_and_list_changed_together_are_known_by_the_digest_alone(packed, copied, capsys):
    (copied / "LICENSE").write_text("Mine now.")
    seal.seal(copied)
    verify.main(copied, [])
    assert "is known with --digest only" in capsys.readouterr().out
    words = told(copied, "--digest", packed[1])
    assert "SHA256SUMS is not the one of this digest" in words
    assert "changed together with its list" in words


def test_the_digest_is_that_of_the_list_and_may_be_pasted_carelessly(packed):
    folder, digest = packed
    assert digest == hashlib.sha256((folder / seal.SUMS).read_bytes()).hexdigest()
    assert seal.check(folder, f" {digest.upper()}\n") == seal.check(folder)
    with pytest.raises(seal.BrokenSeal, match="no SHA-256"):
        seal.check(folder, digest[:-1])


def test_a_tool_of_everybody_reads_the_list(packed, copied):
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("no sha256sum here")
    command = [tool, "--check", "--strict", seal.SUMS]
    assert subprocess.run(command, cwd=packed[0], capture_output=True, check=False).returncode == 0
    flip(copied / "model.onnx", 0.5)
    broken = subprocess.run(command, cwd=copied, capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert "model.onnx: FAILED" in broken.stdout


@pytest.mark.parametrize("name", ["a\nb", "a\\b", "a\u2028b", "empty/"])
def test_names_that_a_list_cannot_hold_are_not_sealed(tmp_path, name):
    (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).write_text("")
    with pytest.raises(InputError, match="cannot be part of a bundle"):
        seal.seal(tmp_path)
