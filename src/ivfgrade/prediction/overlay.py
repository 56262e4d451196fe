"""The picture with what was found on it: outlines of fragments and embryo, the answer in words."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_dilation, binary_erosion

from ivfgrade.bundle.answers import Answer
from ivfgrade.bundle.manifest import Manifest

FRAGMENT, EMBRYO = (255, 170, 40), (80, 200, 255)  # apart for colour-blind eyes, too
LINE_SHARE = 300  # the picture's shorter side over the width of a line
TEXT_SHARE = 26  # over the height of a letter
SMALLEST_TEXT = 10


def overlay(
    picture: np.ndarray, fragment: np.ndarray, embryo: np.ndarray, words: str
) -> Image.Image:
    """uint8 [H,W,3] and two masks [H,W]; lines lie inside what they enclose."""
    drawn = picture.copy()
    width = max(1, round(min(fragment.shape) / LINE_SHARE))
    for mask, colour in ((embryo, EMBRYO), (fragment, FRAGMENT)):
        line = inner_line(mask, width)
        drawn[binary_dilation(line) & ~line] = 0  # a dark rim: seen on bright pictures as well
        drawn[line] = colour
    image = Image.fromarray(drawn)
    _write(image, words)
    return image


def inner_line(mask: np.ndarray, width: int) -> np.ndarray:
    """The mask's own pixels within `width` of its border; the picture's edge is none."""
    whole = mask > 0
    return whole & ~binary_erosion(whole, iterations=width, border_value=1)


def _write(image: Image.Image, words: str) -> None:
    """White on a dark band along the upper edge, as small as it must be to fit."""
    draw = ImageDraw.Draw(image)
    size = max(SMALLEST_TEXT, min(image.size) // TEXT_SHARE)
    font = ImageFont.load_default(size=size)
    while size > SMALLEST_TEXT and draw.textlength(words, font=font) > image.width - size:
        size -= 1
        font = ImageFont.load_default(size=size)
    draw.rectangle((0, 0, image.width, 1.6 * size), fill=(0, 0, 0))
    draw.text((size / 2, 0.2 * size), words, font=font, fill=(255, 255, 255))


def words_of(found: Answer, manifest: Manifest) -> str:
    """`12 % (8 to 27), B (B or C)`, or why there is no number."""
    if found.refused:
        means = {refusal.code: refusal.means for refusal in manifest.refusals}
        return "not graded: " + "; ".join(means[code] for code in found.refused)
    assert found.ratio is not None
    assert found.ratio_low is not None
    assert found.ratio_high is not None
    ratio, low, high = (100 * value for value in (found.ratio, found.ratio_low, found.ratio_high))
    possible = f" ({' or '.join(found.grades)})" if len(found.grades) > 1 else ""
    return f"{ratio:.0f} % ({low:.0f} to {high:.0f}), {found.grade}{possible}"


def as_png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG", compress_level=1)
    return content.getvalue()
