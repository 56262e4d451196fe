"""One file of every kind that is no picture, and one of every kind that is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bundle.made import picture
from tests.dataset.test_images import chunk, png


def _half(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _claims(path: Path, width: int, height: int) -> None:
    """A picture of a few bytes that says it is of another size."""
    picture(path, 90)
    content = bytearray(path.read_bytes())
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    content[8:33] = chunk(b"IHDR", size + bytes(content[24:29]))
    path.write_bytes(content)


def _pages(path: Path) -> None:
    page = Image.new("L", (9, 9))
    page.save(path, save_all=True, append_images=[page])


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "half.png": (_half, "cannot be decoded: "),
    "half.jpg": (_half, "cannot be decoded: image file is truncated"),
    "half.tif": (_half, ""),
    "text.png": (lambda path: path.write_text("hello"), "is not a PNG, JPEG, TIFF or BMP image"),
    "empty.png": (Path.touch, "is not a PNG, JPEG, TIFF or BMP image; it is empty"),
    "folder.png": (Path.mkdir, "is not a regular file"),
    "pipe.png": (os.mkfifo, "is not a regular file"),
    "gone.png": (lambda path: path.symlink_to("nowhere"), "does not exist"),
    "circle.png": (lambda path: path.symlink_to(path), "cannot be "),
    "zero.png": (lambda path: _claims(path, 0, 0), "is not a PNG"),
    "bomb.png": (lambda path: _claims(path, 40_000, 40_000), "has 40000 x 40000 pixels"),
    "claims.png": (lambda path: _claims(path, 9000, 9000), "cannot be decoded: "),
    "pages.tif": (_pages, "holds 2 pages"),
}


def _plain() -> Image.Image:
    return Image.new("RGB", (80, 60), (90, 90, 90))


def _turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    _plain().save(path, exif=exif)


def _converted(mode: str) -> Callable[[Path], None]:
    return lambda path: _plain().convert(mode).save(path)


def _deep(path: Path) -> None:
    path.write_bytes(png(2, np.full((60, 80, 3), 90 * 257)))


GOOD: dict[str, tuple[Callable[[Path], object], tuple[int, int]]] = {  # width and height
    "plain.png": (lambda path: picture(path, 90), (80, 60)),
    "photo.JPG": (lambda path: picture(path, 90), (80, 60)),
    "turned.jpg": (_turned, (60, 80)),
    "grey.png": (_converted("L"), (80, 60)),
    "clear.png": (_converted("RGBA"), (80, 60)),
    "print.tif": (_converted("CMYK"), (80, 60)),
    "deep.png": (_deep, (80, 60)),
    "dot.bmp": (lambda path: picture(path, 90, 1, 1, spots=0), (1, 1)),
    "Häufchen 胚 #1%20.png": (lambda path: picture(path, 90), (80, 60)),
    "=cmd.png": (lambda path: picture(path, 90), (80, 60)),
    "-rf.png": (lambda path: picture(path, 90), (80, 60)),
    "x" * 250 + ".png": (lambda path: picture(path, 90), (80, 60)),
}
