"""Decode one file of a data set: a picture to 8-bit RGB, a mask to true and false.

Rules that whoever repeats this elsewhere needs:
- More than 8 bits: full scale is the smallest of 8, 10, 12, 14, 16 bits that holds the file's
  maximum, because cameras store 12 bits in 16. Floats up to 1 have full scale 1. Per file and not
  per data set: a frame alone must decode as it did in training, and cameras of several depths can
  share a folder. The price: a frame below a quarter of its camera's range comes out brighter.
- Transparency is laid over black. Grey is repeated to three channels. EXIF orientation is applied.
- In a mask every nonzero pixel counts, so 0/1, 0/255, instance numbers and colours all work.
"""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ivfgrade.errors import InputError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
MASK_SUFFIXES = (".png", ".tif", ".tiff", ".bmp")
PIXEL_LIMIT = 100_000_000
FULL_SCALES = np.array([2**bits - 1 for bits in (8, 10, 12, 14, 16)])
FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
SMOOTHED_LEVELS = 8  # a mask of 0 and 255 with more levels than this was resized or compressed


class BadImage(InputError):
    """Keeps file and reason apart, so that a list of problems can show them in columns."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)  # both in args, or it could not travel between processes
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Mask:
    pixels: np.ndarray  # H W, bool
    smoothed: bool  # grey levels between 0 and 255: it was probably not saved as it was drawn


def read_image(path: Path) -> np.ndarray:
    """uint8 [H,W,3]"""
    samples, opacity = _decode(path)
    image = _eight_bit(samples, path)  # H W C
    if opacity is not None and opacity.min() < 255:
        image = ((image.astype(np.uint16) * opacity[..., None] + 127) // 255).astype(np.uint8)
    return np.broadcast_to(image, (*image.shape[:2], 3)).copy() if image.shape[2] == 1 else image


def read_mask(path: Path, shape: tuple[int, ...]) -> Mask:
    """The mask of an image of `shape` [H,W,...]"""
    if path.suffix.lower() not in MASK_SUFFIXES:
        raise BadImage(path, "a mask must be PNG, TIFF or BMP; JPEG invents values")
    samples, opacity = _decode(path, lossless=True)
    if samples.shape[:2] != shape[:2]:
        own, other = (f"{width} x {height}" for height, width in (samples.shape[:2], shape[:2]))
        raise BadImage(path, f"has {own} pixels, its image {other}")
    marked = (samples != 0).any(-1)  # H W
    if opacity is not None:
        marked &= opacity > 0
    smoothed = samples.dtype == np.uint8 and _levels(samples[..., 0]) > SMOOTHED_LEVELS
    return Mask(marked, bool(smoothed and samples.max() == 255))


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _decode(path: Path, lossless: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """Samples [H,W,1 or 3] as the file has them, and opacity [H,W] in 0..255 where it has any."""
    with _opened(path) as image:
        if lossless and image.format in ("JPEG", "MPO"):
            raise BadImage(path, "is a JPEG, which invents mask values; save it as PNG")
        pages = getattr(image, "n_frames", 1)
        if pages > 1 and image.format != "MPO":  # MPO: a phone's preview
            raise BadImage(path, f"holds {pages} pages; save the one to use on its own")
        samples = _samples(image, path)
    if samples.shape[2] in (2, 4):
        opacity = samples[..., -1]
        return samples[..., :-1], opacity if opacity.dtype == np.uint8 else (opacity >> 8)
    return samples, None


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """An image whose header was read and found acceptable; every failure names the file."""
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise BadImage(path, "is not a regular file")
    allowed, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # our limit has the better words
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on odd metadata
            # opened as a file: Pillow maps a path into memory and then garbles turned TIFFs
            with path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
                width, height = image.size
                if width * height > PIXEL_LIMIT:
                    limit = f"the limit is {PIXEL_LIMIT // 10**6} megapixels"
                    raise BadImage(path, f"has {width} x {height} pixels; {limit}")
                yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise BadImage(path, "does not exist") from None
    except UnidentifiedImageError:
        empty = "; it is empty" if path.stat().st_size == 0 else ""
        raise BadImage(path, f"is not a PNG, JPEG, TIFF or BMP image{empty}") from None
    except Exception as error:  # Pillow's decoders raise nearly anything on a damaged file
        raise BadImage(path, f"cannot be decoded: {_first_line(error)}") from error
    finally:
        Image.MAX_IMAGE_PIXELS = allowed


def _samples(image: Image.Image, path: Path) -> np.ndarray:
    """[H,W,C], upright, in the bit depth of the file."""
    rawmode = _rawmode(image)
    if ";16" in rawmode and image.mode in ("RGB", "RGBA"):
        return _sixteen_bit_colour(path, rawmode)
    if image.mode == "P" or image.mode == "PA":
        image = image.convert(
            "RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB"
        )
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("La", "RGBa"):
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    elif image.mode in ("CMYK", "YCbCr"):
        image = image.convert("RGB")
    elif image.mode not in ("L", "LA", "RGB", "RGBA", "I", "F") and image.mode[:4] != "I;16":
        raise BadImage(path, f"has the unsupported colour mode {image.mode}; save it as RGB")
    return _upright(image)


def _sixteen_bit_colour(path: Path, rawmode: str) -> np.ndarray:
    """Pillow keeps one byte of each 16-bit colour sample; read high bytes, then low bytes."""
    swapped = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
    with _opened(path) as high_image:
        high = _upright(high_image)
    with _opened(path) as image:
        if rawmode == "LA;16B":  # four bytes that fit RGBA exactly: grey, grey, alpha, alpha
            _set_rawmode(image, "RGBA")
            both = _upright(image).astype(np.uint16)
            return both[..., 0::2] << 8 | both[..., 1::2]
        if rawmode[:-1] not in ("RGB;16", "RGBA;16", "RGBX;16"):
            raise BadImage(path, f"has unsupported 16-bit colour ({rawmode}); save it as RGB")
        _set_rawmode(image, rawmode[:-1] + swapped[rawmode[-1]])
        low = _upright(image)
    return high.astype(np.uint16) << 8 | low


def _rawmode(image: Image.Image) -> str:
    tiles = getattr(image, "tile", None)
    arguments = tiles[0].args if tiles else ""
    return str(arguments[0] if isinstance(arguments, tuple) else arguments)


def _set_rawmode(image: Image.Image, rawmode: str) -> None:
    def changed(arguments: str | tuple) -> str | tuple:
        return (rawmode, *arguments[1:]) if isinstance(arguments, tuple) else rawmode

    image.tile = [tile._replace(args=changed(tile.args)) for tile in image.tile]  # type: ignore[attr-defined]


def _upright(image: Image.Image) -> np.ndarray:
    image.load()
    array = np.asarray(ImageOps.exif_transpose(image))
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    return array[..., None] if array.ndim == 2 else array  # H W C


def _eight_bit(samples: np.ndarray, path: Path) -> np.ndarray:
    if samples.dtype == np.uint8:
        return samples
    low, high = samples.min(), samples.max()
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > FULL_SCALES[-1]:
        raise BadImage(path, f"has values from {low} to {high}; they must lie in 0 to 65535")
    if samples.dtype.kind == "f" and high <= 1:
        return np.floor(samples * 255 + 0.5).astype(np.uint8)
    full_scale = int(FULL_SCALES[np.searchsorted(FULL_SCALES, high)])
    if samples.dtype.kind == "f":
        return np.floor(samples * (255 / full_scale) + 0.5).astype(np.uint8)
    return ((samples.astype(np.uint32) * 255 + full_scale // 2) // full_scale).astype(np.uint8)


def _levels(samples: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(samples.ravel(), minlength=256)))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
