"""Find pictures that show the same thing: identical pixels, or near-duplicates.

A near-duplicate is the same picture saved again: recompressed, resized, brightened, shifted by a
few pixels, mirrored or turned by right angles. Frames of one imaging set-up share a well ring and
a shading that make any two of them correlate, so pictures are first reduced to local contrast.
Two steps keep this fast: blocked matrix products propose pairs from small thumbnails, and only
the proposed pairs are correlated at their best alignment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

SIDE = 64  # of a fingerprint, in pixels
COARSE = 32  # of the thumbnails that propose pairs
PROPOSE = 0.9  # correlation of thumbnails, without alignment, from which a pair is looked at
NOISE_FLOOR = 0.3  # of the picture's contrast: flat regions must not become amplified noise
BLOCK = 1024
REACH, STEPS = 6, 4  # alignment within 6 fingerprint pixels, in quarters of a pixel


@dataclass(frozen=True)
class Twins:
    """Two images of one picture, in name order; `correlation` is 1 for identical pixels."""

    first: str
    second: str
    correlation: float


def fingerprint(image: np.ndarray) -> np.ndarray:
    """uint8 [H,W,3] -> float32 [SIDE,SIDE]: grey, local mean removed, local contrast levelled."""
    grey = Image.fromarray(image).convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    smooth = gaussian_filter(np.asarray(grey, dtype=np.float32), 1.0)
    detail = smooth - gaussian_filter(smooth, 4.0)
    contrast = np.sqrt(gaussian_filter(detail**2, 4.0))
    return detail / (contrast + NOISE_FLOOR * detail.std() + 1e-3)


def find_twins(
    names: Sequence[str], fingerprints: np.ndarray, pixel_digests: Sequence[str], threshold: float
) -> list[Twins]:
    """All pairs of images that correlate at least `threshold`; fingerprints are [N,SIDE,SIDE]."""
    found = {pair: 1.0 for pair in _identical(pixel_digests)}
    for one, other, turn in _proposed(fingerprints):
        if pixel_digests[one] != pixel_digests[other]:
            turned = SYMMETRIES[turn](fingerprints[one])
            correlation = aligned_correlation(turned, fingerprints[other])
            if correlation >= threshold:
                found[one, other] = round(correlation, 4)
    twins = [
        Twins(min(names[i], names[j]), max(names[i], names[j]), correlation)
        for (i, j), correlation in found.items()
    ]
    return sorted(twins, key=lambda pair: (pair.first, pair.second))


def aligned_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """The highest correlation over shifts of up to REACH pixels, in steps of 1/STEPS pixel."""
    spectrum = np.fft.fft2(_windowed(one)) * np.conj(np.fft.fft2(_windowed(other)))
    half, fine = SIDE // 2, SIDE * STEPS
    padded = np.zeros((fine, fine), dtype=complex)  # zeros beyond the spectrum: finer shifts
    for rows in (slice(0, half), slice(-half, None)):
        for columns in (slice(0, half), slice(-half, None)):
            padded[rows, columns] = spectrum[rows, columns]
    correlations = np.fft.ifft2(padded).real * STEPS**2
    reach = REACH * STEPS
    near = np.roll(correlations, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    return min(1.0, float(near.max()))


def _windowed(picture: np.ndarray) -> np.ndarray:
    """Faded at the rim, where a shift brings in what the other picture does not have."""
    window = np.sqrt(np.hanning(SIDE))
    faded = (picture - picture.mean()) * window[:, None] * window
    return faded / (np.linalg.norm(faded) + 1e-9)


def _identical(digests: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Each identical picture paired with the first of its kind."""
    first: dict[str, int] = {}
    for index, digest in enumerate(digests):
        if digest in first:
            yield first[digest], index
        first.setdefault(digest, index)


def _turned(quarters: int, mirrored: bool) -> Callable[[np.ndarray], np.ndarray]:
    def turn(pictures: np.ndarray) -> np.ndarray:  # ... SIDE SIDE
        pictures = np.swapaxes(pictures, -1, -2) if mirrored else pictures
        return np.rot90(pictures, quarters, axes=(-2, -1))

    return turn


SYMMETRIES = [_turned(quarters, mirrored) for mirrored in (False, True) for quarters in range(4)]


def _proposed(fingerprints: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Pairs i < j whose thumbnails correlate, with the symmetry of i that fits j best."""
    count = len(fingerprints)
    thumbnails = _thumbnails(fingerprints)  # N COARSE COARSE
    flat = thumbnails.reshape(count, COARSE * COARSE)
    for start in range(0, count, BLOCK):
        block = slice(start, start + BLOCK)
        best = np.full((len(flat[block]), count - start), -1.0, dtype=np.float32)
        turn_of = np.zeros(best.shape, dtype=np.int8)
        for number, turn in enumerate(SYMMETRIES):
            turned = turn(thumbnails[block]).reshape(len(best), -1)
            correlation = turned @ flat[start:].T
            turn_of[correlation > best] = number
            np.maximum(best, correlation, out=best)
        for i, j in np.argwhere(np.triu(best >= PROPOSE, k=1)):
            yield start + int(i), start + int(j), int(turn_of[i, j])


def _thumbnails(fingerprints: np.ndarray) -> np.ndarray:
    step = SIDE // COARSE
    small = fingerprints.reshape(-1, COARSE, step, COARSE, step).mean((2, 4))
    small -= small.mean((1, 2), keepdims=True)
    return small / (np.linalg.norm(small, axis=(1, 2), keepdims=True) + 1e-9)
