"""A bundle's folder, written whole and sealed, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ivfgrade
from ivfgrade.atomic import replaced, write_bytes, write_text
from ivfgrade.bundle import card, manifest, seal
from ivfgrade.bundle.manifest import Manifest
from ivfgrade.bundle.samples import answered
from ivfgrade.bundle.session import open_graph

SOURCE = Path(ivfgrade.__file__).parent
VERIFIER = "verify.py"
CODE = "code"  # what `verify.py` needs of ours, unchanged
TRAVELS = (
    "__init__.py", "atomic.py", "errors.py", "strict.py", "bundle/__init__.py",
    "bundle/answers.py", "bundle/checks.py", "bundle/manifest.py", "bundle/seal.py",
    "bundle/session.py", "dataset/__init__.py", "dataset/images.py",
)  # fmt: skip
REQUIREMENTS = "requirements.txt"
NEEDS = ("numpy", "onnxruntime", "pillow")


@dataclass(frozen=True)
class Contents:
    """What a bundle is made of; samples are answered, and all is sealed, as it is written."""

    manifest: Manifest  # without samples
    graphs: Mapping[str, bytes]  # by file name
    pictures: Sequence[Path]  # of the samples
    licence: Path


def pack(folder: Path, contents: Contents) -> str:
    """Returns the digest that names the bundle; a bundle that stands there is replaced."""
    with replaced(folder) as partly:
        for name, content in contents.graphs.items():
            write_bytes(partly / name, content)
        session = open_graph(partly / contents.manifest.taken, "cpu")
        samples = answered(session, contents.manifest, contents.pictures, partly)
        whole = replace(contents.manifest, samples=samples)
        manifest.write(partly, whole)
        write_text(partly / card.FILE, card.text(whole))
        _copy_code(partly)
        shutil.copy(contents.licence, partly / "LICENSE")
        write_text(partly / REQUIREMENTS, "".join(f"{name}\n" for name in NEEDS))
        return seal.seal(partly)


def _copy_code(folder: Path) -> None:
    shutil.copy(SOURCE / "bundle" / VERIFIER, folder / VERIFIER)
    for name in TRAVELS:
        place = folder / CODE / SOURCE.name / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / name, place)
