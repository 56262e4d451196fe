"""A bundle's folder, written whole, checked and sealed, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ivfgrade
from ivfgrade.atomic import replaced, require_folder, write_bytes, write_text
from ivfgrade.bundle import card, checks, manifest, seal
from ivfgrade.bundle.manifest import Manifest
from ivfgrade.bundle.samples import answered
from ivfgrade.errors import InputError

SOURCE = Path(ivfgrade.__file__).parent
VERIFIER = "verify.py"
CODE = "code"  # what `verify.py` needs of ours, unchanged
TRAVELS = (
    "__init__.py", "atomic.py", "errors.py", "strict.py", "bundle/__init__.py",
    "bundle/answers.py", "bundle/checks.py", "bundle/contract.py", "bundle/manifest.py",
    "bundle/onnx_file.py", "bundle/session.py", "dataset/__init__.py", "dataset/images.py",
)  # fmt: skip
REQUIREMENTS = "requirements.txt"
NEEDS = ("numpy>=2.0", "onnxruntime>=1.31", "pillow>=11")  # the oldest that it is tested with
TRIALS = 1  # of speed, before it is sealed: that it runs is asked, not how fast


@dataclass(frozen=True)
class Contents:
    """What a bundle is made of; samples are answered, and all is sealed, as it is written."""

    manifest: Manifest  # without samples
    graphs: Mapping[str, bytes]  # by file name
    pictures: Sequence[Path]  # of the samples
    licence: Path


def pack(folder: Path, contents: Contents) -> str:
    """Returns the digest that names the bundle; a bundle that stands there is replaced."""
    require_replaceable(folder)
    _require_described(contents)
    with replaced(folder) as partly:
        for name, content in contents.graphs.items():
            write_bytes(partly / name, content)
        samples = answered(partly, contents.manifest, contents.pictures)
        manifest.write(partly, replace(contents.manifest, samples=samples))
        write_text(partly / card.FILE, card.text(manifest.read(partly)))
        _copy_code(partly)
        shutil.copyfile(contents.licence, partly / "LICENSE")
        write_text(partly / REQUIREMENTS, "".join(f"{name}\n" for name in NEEDS))
        digest = seal.seal(partly)
        _require_working(partly, digest)
    return digest


def require_replaceable(folder: Path) -> None:
    """What is replaced is lost: only another bundle may be, and nothing beside its files."""
    require_folder(folder.parent)
    if folder.is_symlink() or (folder.exists() and not _is_bundle_or_empty(folder)):
        raise InputError(f"{folder} is there and is no bundle; name a new folder")


def _is_bundle_or_empty(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    try:
        return not any(folder.iterdir()) or seal.files_of(folder) <= {
            seal.SUMS, *seal.listed(folder, None)
        }  # fmt: skip
    except seal.BrokenSeal:
        return False


def _require_described(contents: Contents) -> None:
    described = {graph.file: graph for graph in contents.manifest.graphs}
    for name in contents.graphs.keys() - described.keys():
        raise InputError(f"the graph {name} is not in the manifest")
    for name, graph in described.items():
        if graph.promoted and name not in contents.graphs:
            raise InputError(f"the manifest promotes {name}, which is not given")
        if name in contents.graphs and len(contents.graphs[name]) != graph.bytes:
            raise InputError(f"the manifest tells other bytes of {name} than it has")
    if not contents.pictures:
        raise InputError("no sample picture was given; a bundle needs one at least, better three")
    if not contents.licence.is_file():
        raise InputError(f"the licence {contents.licence} is no file")


def _require_working(folder: Path, digest: str) -> None:
    """As whoever gets it will ask; it is not handed over if it fails."""
    names = seal.check(folder, digest)
    for _ in checks.checked(folder, manifest.read(folder), names, "cpu", TRIALS):
        pass


def _copy_code(folder: Path) -> None:
    shutil.copyfile(SOURCE / "bundle" / VERIFIER, folder / VERIFIER)
    for name in TRAVELS:
        place = folder / CODE / SOURCE.name / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SOURCE / name, place)
