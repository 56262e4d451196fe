"""Pictures as text inside the page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ivfgrade.errors import InputError

PHOTOGRAPHIC = 400_000  # bytes; a plot is smaller, a sheet of photographs is not
JPEG_QUALITY, PHOTO_QUALITY, MAP_QUALITY = 80, 84, 60


@dataclass(frozen=True)
class Figure:
    title: str
    caption: str
    alt: str
    source: str  # data URI
    width: int
    height: int


def figure(path: Path, title: str, caption: str, alt: str) -> Figure:
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            content, kind = _content(path, picture)
    except (OSError, UnidentifiedImageError) as error:
        raise InputError(f"{path} cannot be read as a picture ({error})") from error
    return Figure(title, caption, alt, data_uri(content, kind), width, height)


def data_uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def jpeg(pixels: np.ndarray, quality: int = PHOTO_QUALITY) -> bytes:
    """H W 3 or H W, uint8; equal pixels give equal bytes."""
    return _saved(Image.fromarray(np.ascontiguousarray(pixels)), quality)


def _content(path: Path, picture: Image.Image) -> tuple[bytes, str]:
    """Lossless plots stay as they are; sheets of photographs would fill the page's budget."""
    content = path.read_bytes()
    if len(content) <= PHOTOGRAPHIC:
        return content, "png"
    paper = Image.new("RGB", picture.size, "white")
    whole = picture.convert("RGBA")
    paper.paste(whole, mask=whole.getchannel("A"))
    smaller = _saved(paper, JPEG_QUALITY)
    return (smaller, "jpeg") if len(smaller) < len(content) else (content, "png")


def _saved(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
