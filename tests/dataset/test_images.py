from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ivfgrade.dataset.images import BadImage, read_image, read_mask
from ivfgrade.errors import InputError

RAMP = np.arange(5 * 7).reshape(5, 7)  # every pixel differs


def png(colour_type: int, samples: np.ndarray) -> bytes:
    """A 16-bit PNG, which Pillow cannot write for colour; every row has another filter."""
    height, width = samples.shape[:2]
    rows = samples.astype(">u2").reshape(height, -1).view(np.uint8).astype(int)
    step = rows.shape[1] // width
    filtered = b""
    for y, row in enumerate(rows):
        above = rows[y - 1] if y else np.zeros_like(row)
        left = np.concatenate([np.zeros(step, int), row[:-step]])
        kind = y % 3  # none, sub, up
        content = row - (0, left, above)[kind]
        filtered += bytes([kind]) + (content % 256).astype(np.uint8).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in parts)


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def tiff_rgb16(samples: np.ndarray, order: str, deflate: bool = False) -> bytes:
    """A 16-bit RGB TIFF in either byte order, which Pillow cannot write either."""
    height, width = samples.shape[:2]
    content = samples.astype(f"{order}u2").tobytes()
    content = zlib.compress(content) if deflate else content
    content += b"\0" * (len(content) % 2)
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, 8 + len(content)),  # bits per sample stand behind the pixels
        (259, 3, 1, 8 if deflate else 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, len(content)),
    ]
    directory = struct.pack(order + "H", len(tags))
    for tag, kind, count, value in tags:
        short = struct.pack(order + "HH", value, 0) if kind == 3 and count == 1 else None
        directory += struct.pack(order + "HHI", tag, kind, count)
        directory += short or struct.pack(order + "I", value)
    start = 8 + len(content) + 6
    mark = b"II*\0" if order == "<" else b"MM\0*"
    bits = struct.pack(order + "HHH", 16, 16, 16)
    return mark + struct.pack(order + "I", start) + content + bits + directory + b"\0\0\0\0"


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_grey_is_repeated_and_colour_kept(tmp_path: Path, suffix: str) -> None:
    grey, colour = RAMP.astype(np.uint8), np.stack([RAMP, RAMP * 2, RAMP * 3], -1).astype(np.uint8)
    for name, pixels in (("grey", grey), ("colour", colour)):
        path = tmp_path / f"{name}.{suffix}"
        Image.fromarray(pixels).save(path)
        expected = np.repeat(pixels[..., None], 3, -1) if pixels.ndim == 2 else pixels
        np.testing.assert_array_equal(read_image(path), expected)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16", "CMYK"])
def test_every_colour_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    black_and_white = Image.fromarray(((RAMP % 2) * 255).astype(np.uint8))
    source = black_and_white if mode != "I;16" else Image.fromarray((RAMP % 2 * 65535).astype("u2"))
    (source if mode == "I;16" else source.convert(mode)).save(path)
    expected = np.repeat(((RAMP % 2) * 255)[..., None], 3, -1)
    assert read_image(path).dtype == np.uint8
    np.testing.assert_array_equal(read_image(path), expected)


@pytest.mark.parametrize(
    ("maximum", "full_scale"),
    [
        (200, 255),
        (255, 255),
        (256, 1023),
        (1023, 1023),
        (4000, 4095),
        (9999, 16383),
        (65535, 65535),
    ],
)
def test_full_scale_is_the_smallest_bit_depth_that_holds_the_maximum(
    tmp_path: Path, maximum: int, full_scale: int
) -> None:
    samples = np.array([[0, maximum // 2, maximum]], dtype=np.uint16)
    Image.fromarray(samples).save(tmp_path / "a.png")
    expected = np.floor(samples * (255 / full_scale) + 0.5)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[..., 1], expected)


@pytest.mark.parametrize("container", ["png", "tif-little", "tif-big", "tif-deflate"])
def test_twelve_bit_colour_keeps_all_its_bits(tmp_path: Path, container: str) -> None:
    """The high byte alone, which is what Pillow gives, would leave 16 levels."""
    samples = np.random.default_rng(0).integers(0, 4096, (9, 6, 3))
    samples[0, 0, 0] = 4095
    path = tmp_path / f"a.{container[:3]}"
    if container == "png":
        path.write_bytes(png(2, samples))
    else:
        order = ">" if container == "tif-big" else "<"
        path.write_bytes(tiff_rgb16(samples, order, deflate=container == "tif-deflate"))
    np.testing.assert_array_equal(read_image(path), np.floor(samples * 255 / 4095 + 0.5))


@pytest.mark.parametrize(("colour_type", "channels"), [(4, 1), (6, 3)])
def test_sixteen_bit_transparency_is_laid_over_black(
    tmp_path: Path, colour_type: int, channels: int
) -> None:
    samples = np.full((3, 4, channels + 1), 65535)
    samples[1, :, -1] = 0
    (tmp_path / "a.png").write_bytes(png(colour_type, samples))
    image = read_image(tmp_path / "a.png")
    assert (image[1] == 0).all()
    assert (image[[0, 2]] == 255).all()


def test_half_transparent_colour_is_laid_over_black(tmp_path: Path) -> None:
    pixels = np.zeros((1, 2, 4), np.uint8)
    pixels[0] = [(200, 100, 50, 255), (200, 100, 50, 51)]
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[0], [(200, 100, 50), (40, 20, 10)])


def test_floats_are_fractions_or_counts(tmp_path: Path) -> None:
    for name, samples, expected in (
        ("fractions", [[0.0, 0.5, 1.0]], [0, 128, 255]),
        ("counts", [[0.0, 2047.5, 4095.0]], [0, 128, 255]),
    ):
        Image.fromarray(np.array(samples, np.float32)).save(tmp_path / f"{name}.tif")
        np.testing.assert_array_equal(read_image(tmp_path / f"{name}.tif")[0, :, 0], expected)


@pytest.mark.parametrize("samples", [[[-1.0, 2.0]], [[0.0, np.nan]], [[0.0, 1e6]]])
def test_values_without_a_scale_are_refused(tmp_path: Path, samples: list[list[float]]) -> None:
    Image.fromarray(np.array(samples, np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(BadImage, match=r"a\.tif: has values from"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("suffix", "options"),
    [("png", {}), ("jpg", {}), ("tif", {}), ("tif", {"compression": "tiff_lzw"})],
)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_images_and_masks(
    tmp_path: Path, suffix: str, options: dict[str, str], orientation: int
) -> None:
    stored = np.zeros((16, 32), np.uint8)
    stored[:8, :8] = 255  # bright where row and column 0 are
    turned = {
        1: stored,
        2: stored[:, ::-1],
        3: stored[::-1, ::-1],
        4: stored[::-1],
        5: stored.T,
        6: np.rot90(stored, -1),
        7: np.rot90(stored, 2).T,
        8: np.rot90(stored, 1),
    }[orientation]
    path = tmp_path / f"a.{suffix}"
    image = Image.fromarray(stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, **options)
    assert read_image(path).shape[:2] == turned.shape
    np.testing.assert_allclose(read_image(path)[..., 0], turned, atol=8)  # JPEG rings a little
    if suffix != "jpg":
        np.testing.assert_array_equal(read_mask(path, turned.shape).pixels, turned > 0)


def test_instance_numbers_colours_and_sixteen_bits_are_all_masks(tmp_path: Path) -> None:
    expected = RAMP > 3
    numbers = np.where(expected, RAMP, 0)
    coloured = np.where(expected[..., None], (0, 0, 9), (0, 0, 0)).astype(np.uint8)
    palette = Image.fromarray(expected.astype(np.uint8))
    palette.putpalette([0, 0, 0, 200, 30, 30])
    files = {
        "ones": Image.fromarray(expected.astype(np.uint8)),
        "white": Image.fromarray(expected.astype(np.uint8) * 255),
        "instances": Image.fromarray(numbers.astype(np.uint8)),
        "deep": Image.fromarray((expected * 1).astype(np.uint16)),
        "coloured": Image.fromarray(coloured),
        "palette": palette,
        "bits": Image.fromarray(expected),
    }
    for name, image in files.items():
        path = tmp_path / f"{name}.png"
        image.save(path)
        mask = read_mask(path, expected.shape)
        np.testing.assert_array_equal(mask.pixels, expected, err_msg=name)
        assert not mask.smoothed


def test_a_resized_mask_is_noticed(tmp_path: Path) -> None:
    sharp = Image.fromarray(np.kron(RAMP % 2, np.ones((9, 9))).astype(np.uint8) * 255)
    sharp.resize((50, 40), Image.Resampling.BILINEAR).save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png", (40, 50)).smoothed


def test_a_mask_by_jpeg_is_refused_whatever_its_name(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        Image.fromarray(RAMP.astype(np.uint8)).save(tmp_path / name, format="JPEG")
        with pytest.raises(BadImage, match="JPEG"):
            read_mask(tmp_path / name, RAMP.shape)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
def test_truncated_files_are_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=rf"a\.{suffix}: "):
        read_image(path)


def test_a_stack_of_pages_is_refused(tmp_path: Path) -> None:
    page = Image.fromarray(RAMP.astype(np.uint8))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page, page])
    with pytest.raises(BadImage, match="holds 3 pages"):
        read_image(tmp_path / "a.tif")


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(BadImage, match="it is empty"):
        read_image(tmp_path / "empty.png")
    with pytest.raises(BadImage, match="is not a PNG"):
        read_image(tmp_path / "text.png")
    with pytest.raises(BadImage, match="does not exist"):
        read_image(tmp_path / "none.png")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")
    with pytest.raises(BadImage, match="is not a regular file"):
        read_image(tmp_path / "x.jpg")
