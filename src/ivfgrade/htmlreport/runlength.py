"""A mask as the lengths of its runs: exact, and small enough to inline a thousand of them.

Row by row, the runs of outside and inside in turn, beginning with outside (possibly 0 long). Each
length is written in base 128, lowest digits first, high bit set on all bytes but its last, and the
bytes in base64. viewer.js reads the same.
"""

from __future__ import annotations

import base64

import numpy as np


def encode(mask: np.ndarray) -> str:
    """H W, boolean."""
    flat = np.asarray(mask, bool).ravel()
    changes = np.flatnonzero(np.diff(flat)) + 1
    borders = np.concatenate([[0], changes, [flat.size]])
    lengths = np.diff(borders).tolist()
    if flat.size and flat[0]:
        lengths = [0, *lengths]
    return base64.b64encode(b"".join(_digits(length) for length in lengths)).decode()


def _digits(length: int) -> bytes:
    digits = []
    while length > 127:
        digits.append(length & 127 | 128)
        length >>= 7
    return bytes([*digits, length])
