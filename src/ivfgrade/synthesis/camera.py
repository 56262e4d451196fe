"""From light to file: noise, sharpening, colour cast, burned-in text, 8 bits, JPEG."""

from __future__ import annotations

import io
import math
import zlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from ivfgrade.synthesis.sites import Camera

SHARPENING_SHARE = 200  # image height over the sharpening radius
READ_NOISE, SHOT_NOISE = 0.6, 0.8  # shares of the site's noise


def expose(light: np.ndarray, camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """H W 3 (or H W) uint8 from grey levels."""
    if camera.sharpening:
        light = light + camera.sharpening * (
            light - gaussian_filter(light, light.shape[0] / SHARPENING_SHARE, truncate=2.5)
        )
    shot = np.sqrt(np.clip(light, 0, 255) / max(camera.background, 1))
    noise = _noise(light.shape, camera.noise_px, rng)
    light = light + camera.noise * (READ_NOISE + SHOT_NOISE * shot) * 0.7 * noise
    if camera.grey:
        return np.clip(light + 0.5, 0, 255).astype(np.uint8)
    coloured = light[:, :, None] * np.array(camera.tint, np.float32)
    return np.clip(coloured + 0.5, 0, 255).astype(np.uint8)


def _noise(shape: tuple[int, ...], smear_px: float, rng: np.random.Generator) -> np.ndarray:
    """Unit SD; colour interpolation and compression have smeared it over its neighbours."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    if not smear_px:
        return noise
    kept = 2 * math.sqrt(math.pi) * smear_px  # what averaging over a Gaussian takes away
    return gaussian_filter(noise, smear_px, truncate=2.5) * kept


def burn_in(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """'Well n' lower left and 'hh.h h' lower right, black on white, as incubators print it."""
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(9, image.height // 32))
    texts = (f"Well {rng.integers(1, 13)}", f"{rng.uniform(26, 48):.1f} h")
    white, black = (255, 0) if image.mode == "L" else ((255,) * 3, (0,) * 3)
    for text, right in zip(texts, (False, True), strict=True):
        left, top, end, foot = draw.textbbox((0, 0), text, font=font)
        wide, high = int(end - left) + 6, int(foot - top) + 6
        x = image.width - wide - 2 if right else 2
        y = image.height - high - 2
        draw.rectangle((x, y, x + wide, y + high), fill=white)
        draw.text((x + 3 - left, y + 3 - top), text, font=font, fill=black)
    return np.asarray(image)


def encode(pixels: np.ndarray, jpeg_quality: int) -> tuple[str, bytes]:
    """File suffix and content."""
    buffer = io.BytesIO()
    if jpeg_quality:
        Image.fromarray(pixels).save(buffer, "JPEG", quality=jpeg_quality)
        return ".jpg", buffer.getvalue()
    # noise repeats nothing that a search for repeats could find
    kind = zlib.Z_HUFFMAN_ONLY
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1, compress_type=kind)
    return ".png", buffer.getvalue()


def encode_mask(mask: np.ndarray) -> bytes:
    """0 and 255, so that a person who opens it sees something."""
    buffer = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
