"""Where the backbone starts: at random, from torchvision's ImageNet file, or from a given file.

What was asked for is what is used, or the run stops: there is no silent fall-back. A given file is
no dependency of DVC's, whose paths cannot be absent as with `none`: other content under the same
name does not rerun phase 1, but the SHA-256 in its record says which content was used.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.model import Trunk


@dataclass(frozen=True)
class Origin:
    """Which weights a training started from; belongs in its record (S4.58)."""

    name: str
    sha256: str | None


def initialise(trunk: Trunk, init: str) -> Origin:
    """`init` is `none`, `imagenet` or the path of a state dict of the same network."""
    if init == "none":
        return Origin("none", None)
    if init == "imagenet":
        return imagenet_trunk(trunk)
    return load_trunk(trunk, Path(init))


def imagenet_trunk(trunk: Trunk) -> Origin:
    """torchvision's file from torch's cache, downloaded into it first where it is missing."""
    name = trunk.imagenet_url.rsplit("/", 1)[-1]
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    checksum = Path(name).stem.rsplit("-", 1)[-1]  # torchvision names files by their SHA-256
    if not path.exists():
        _download(trunk.imagenet_url, path, checksum)
    return load_trunk(trunk, path, checksum)


def load_trunk(trunk: Trunk, path: Path, sha256: str | None = None) -> Origin:
    """Every tensor must be in the file; only what the trunk does without may be left over.
    `sha256` may be the beginning of the checksum."""
    digest = _sha256(path)
    if sha256 is not None and not digest.startswith(sha256):
        raise InputError(
            f"weights {path} have SHA-256 {digest[:16]}... instead of {sha256[:16]}...: "
            "delete the file and fetch it again"
        )
    state = {k: value for k, value in _read(path).items() if not k.startswith(trunk.left_over)}
    _check_fit(state, trunk, path)
    trunk.load_state_dict(state, strict=False)  # only step counters may be absent
    return Origin(path.name, digest)


def _download(url: str, path: Path, checksum: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), checksum)
    except (OSError, RuntimeError) as error:  # URLError is an OSError, a bad checksum the other
        raise InputError(
            f"ImageNet weights could not be downloaded ({error}): place {path.name} at {path}, "
            "or set init to the path of such a file, or to none"
        ) from error


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"weights {path} cannot be read: {error.strerror}") from error


def _read(path: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise InputError(f"weights {path} are not a PyTorch state dict") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(f"weights {path} are not a PyTorch state dict")
    return state


def _check_fit(state: dict[str, Tensor], trunk: Trunk, path: Path) -> None:
    expected = trunk.state_dict()
    for key, tensor in expected.items():
        if key not in state:
            if key.endswith("num_batches_tracked"):  # absent from files older than 2018
                continue
            raise InputError(f"weights {path} are no {trunk.title}: {key} is missing")
        if state[key].shape != tensor.shape:
            found, wanted = tuple(state[key].shape), tuple(tensor.shape)
            raise InputError(f"weights {path} do not fit: {key} is {found} instead of {wanted}")
    for key in state:
        if key not in expected:
            raise InputError(f"weights {path} are no {trunk.title}: {key} is unknown")
