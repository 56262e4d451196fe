"""What a row has drawn: packed masks, and gate maps where the network has a gate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ivfgrade.errors import InputError


@dataclass(frozen=True)
class Outlines:
    where: dict[str, int]  # image -> its place in the arrays
    fragment: np.ndarray  # N ceil(S*S/8), bits
    size: int
    attention: np.ndarray | None  # N C C, uint8

    def mask(self, image: str) -> np.ndarray | None:
        """S S, or None of an image that the row has not seen."""
        if image not in self.where:
            return None
        bits = np.unpackbits(self.fragment[self.where[image]], count=self.size**2)
        return bits.reshape(self.size, self.size).astype(bool)

    def gate(self, image: str) -> np.ndarray | None:
        """C C in [0, 255]."""
        if self.attention is None or image not in self.where:
            return None
        return self.attention[self.where[image]]


def read_outlines(path: Path) -> Outlines:
    try:
        with np.load(path, allow_pickle=False) as stored:
            names, size = [str(name) for name in stored["images"]], int(stored["size"])
            fragment = stored["fragment"]
            attention = stored.get("attention")
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise InputError(f"{path} cannot be read as outlines ({error})") from error
    whole = fragment.shape == (len(names), -(-(size**2) // 8))
    if not whole or (attention is not None and len(attention) != len(names)):
        raise InputError(f"{path} holds arrays that do not fit each other")
    return Outlines({name: at for at, name in enumerate(names)}, fragment, size, attention)
