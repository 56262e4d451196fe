"""What viewer.js reads from the runs of a mask."""

from __future__ import annotations

import base64

import numpy as np


def decode(text: str, height: int, width: int) -> np.ndarray:
    """H W, boolean."""
    flat = np.zeros(height * width, bool)
    start, inside = 0, False
    for length in _lengths(base64.b64decode(text)):
        flat[start : start + length] = inside
        start, inside = start + length, not inside
    return flat.reshape(height, width)


def _lengths(content: bytes) -> list[int]:
    lengths, length, shift = [], 0, 0
    for byte in content:
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            lengths.append(length)
            length, shift = 0, 0
    return lengths
