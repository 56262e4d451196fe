"""One geometry for an image and its masks: scale to fit, centre, pad with zeros, and the way back.

Pixel centres sit at half integers, as in Pillow, so bilinear images and nearest masks stay aligned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Placement:
    """An image of `height` x `width` lies in the inner rectangle of a `size` x `size` square."""

    height: int
    width: int
    top: int
    left: int
    inner_height: int
    inner_width: int
    size: int

    @property
    def inner(self) -> tuple[slice, slice]:
        return (
            slice(self.top, self.top + self.inner_height),
            slice(self.left, self.left + self.inner_width),
        )


def place(height: int, width: int, size: int) -> Placement:
    """The longer side fills the square; a side never vanishes, however thin the image."""
    longer = max(height, width)
    inner_height = max(1, _rounded(height * size, longer))
    inner_width = max(1, _rounded(width * size, longer))
    top, left = (size - inner_height) // 2, (size - inner_width) // 2
    return Placement(height, width, top, left, inner_height, inner_width, size)


def valid(placement: Placement) -> np.ndarray:
    """True on the image, False on the padding."""
    square = np.zeros((placement.size, placement.size), dtype=bool)  # S S
    square[placement.inner] = True
    return square


def pad_image(image: np.ndarray, placement: Placement) -> np.ndarray:
    """uint8 [H,W] or [H,W,3] -> uint8 [S,S] or [S,S,3]; bilinear, antialiased when shrinking."""
    _require_shape(image.shape[:2], placement.height, placement.width)
    inner_size = (placement.inner_width, placement.inner_height)
    inner = Image.fromarray(image).resize(inner_size, Image.Resampling.BILINEAR)
    square = np.zeros((placement.size, placement.size, *image.shape[2:]), dtype=np.uint8)
    square[placement.inner] = np.asarray(inner)
    return square


def pad_mask(mask: np.ndarray, placement: Placement) -> np.ndarray:
    """bool [H,W] -> uint8 [S,S] in {0,1}; nearest, so no value is invented."""
    _require_shape(mask.shape, placement.height, placement.width)
    square = np.zeros((placement.size, placement.size), dtype=np.uint8)
    square[placement.inner] = nearest(mask, placement.inner_height, placement.inner_width)
    return square


def unpad_mask(mask: np.ndarray, placement: Placement) -> np.ndarray:
    """[S,S] -> [H,W] of the same type; the exact inverse where `pad_mask` did not shrink."""
    _require_shape(mask.shape, placement.size, placement.size)
    return nearest(mask[placement.inner], placement.height, placement.width)


def unpad_map(values: np.ndarray, placement: Placement) -> np.ndarray:
    """float [S,S], such as a probability, -> float32 [H,W]; bilinear."""
    _require_shape(values.shape, placement.size, placement.size)
    inner = Image.fromarray(np.ascontiguousarray(values[placement.inner], dtype=np.float32))
    original_size = (placement.width, placement.height)
    return np.array(inner.resize(original_size, Image.Resampling.BILINEAR))


def nearest(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """[H,W] -> [height,width], read at the middle of each pixel or cell of the new grid."""
    rows = _nearest_index(height, mask.shape[0])
    columns = _nearest_index(width, mask.shape[1])
    return mask[rows[:, None], columns[None, :]]


def _nearest_index(count: int, source: int) -> np.ndarray:
    """Pixel i of `count` looks at floor((i + 1/2) * source / count), in exact integers."""
    return (2 * np.arange(count) + 1) * source // (2 * count)


def _rounded(numerator: int, denominator: int) -> int:
    """Round half up, in integers: every machine and every language gets the same geometry."""
    return (2 * numerator + denominator) // (2 * denominator)


def _require_shape(shape: tuple[int, ...], height: int, width: int) -> None:
    if tuple(shape) != (height, width):
        raise ValueError(f"array of {shape} does not fit a placement of {(height, width)}")
