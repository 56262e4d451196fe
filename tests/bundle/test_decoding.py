"""The rules that a bundle tells about decoding, each on a file against the decoder itself."""

import numpy as np
import pytest
from PIL import Image

from ivfgrade.bundle.decoding import DECODING
from ivfgrade.dataset.images import BadImage, read_image
from tests.dataset.test_images import png

GREY = np.array([[0, 3, 100], [7, 200, 254]])


def rule(words: str) -> str:
    (found,) = [one for one in DECODING if words in one]
    return found


def decoded(path, image: Image.Image, **options) -> np.ndarray:
    image.save(path, **options)
    return read_image(path)


def half_up(values: np.ndarray, full_scale: float) -> np.ndarray:
    return np.floor(np.asarray(values, float) * 255 / full_scale + 0.5).astype(np.uint8)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
def test_formats(tmp_path, suffix):
    assert rule("PNG, JPEG, TIFF and BMP")
    assert decoded(tmp_path / f"x.{suffix}", Image.new("L", (4, 2), 9)).shape == (2, 4, 3)


def test_other_formats_and_several_pages_are_not_taken(tmp_path):
    assert rule("with one page; of several pages")
    Image.new("L", (4, 2)).save(tmp_path / "x.gif")
    two = Image.new("L", (4, 2))
    two.save(tmp_path / "two.tif", save_all=True, append_images=[two])
    for name in ("x.gif", "two.tif"):
        with pytest.raises(BadImage):
            read_image(tmp_path / name)


def test_orientation(tmp_path):
    assert rule("EXIF")
    exif = Image.Exif()
    exif[274] = 6  # lies on its side
    found = decoded(tmp_path / "x.png", Image.fromarray(GREY.astype(np.uint8)), exif=exif)
    assert np.array_equal(found[..., 0], np.rot90(GREY, -1))


def test_grey_palettes_and_eight_bits(tmp_path):
    assert rule("three equal ones")
    assert rule("8 bits a channel stay")
    grey = Image.fromarray(GREY.astype(np.uint8))
    assert np.array_equal(decoded(tmp_path / "x.png", grey), np.stack([GREY] * 3, -1))
    colour = np.stack([GREY, GREY[::-1], 255 - GREY], -1).astype(np.uint8)
    palette = Image.fromarray(colour).convert("P", palette=Image.Palette.ADAPTIVE)
    found = decoded(tmp_path / "p.png", palette)
    assert np.array_equal(found, np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("full_scale", [255, 1023, 4095, 16383, 65535])
def test_more_bits(tmp_path, full_scale):
    assert str(full_scale) in rule("More than 8 bits")
    for largest in (full_scale, (full_scale + 1) // 4 + 1 if full_scale > 255 else 9):
        values = np.array([[0, largest // 3, largest]], np.uint16)
        found = decoded(tmp_path / "x.png", Image.fromarray(values))
        assert np.array_equal(found[..., 1], half_up(values, full_scale))


@pytest.mark.parametrize(("largest", "full_scale"), [(1.0, 1), (0.3, 1), (1.5, 255), (300, 1023)])
def test_floats(tmp_path, largest, full_scale):
    assert "1 is full scale if no value is above 1" in rule("Floating-point")
    values = np.float32([[0, largest / 3, largest]])
    found = decoded(tmp_path / "x.tif", Image.fromarray(values))
    assert np.array_equal(found[..., 2], half_up(values, full_scale))


@pytest.mark.parametrize("value", [-1.0, 65536.0, np.nan])
def test_floats_that_are_refused(tmp_path, value):
    assert "negative numbers, those above 65535 and NaN" in rule("Floating-point")
    with pytest.raises(BadImage):
        decoded(tmp_path / "x.tif", Image.fromarray(np.float32([[0, value]])))


def test_transparency(tmp_path):
    assert "value * opacity / 255" in rule("Transparency")
    grey, opacity = GREY.astype(np.uint8), np.array([[0, 255, 128], [1, 77, 254]], np.uint8)
    image = Image.merge("LA", (Image.fromarray(grey), Image.fromarray(opacity)))
    found = decoded(tmp_path / "x.png", image)
    assert np.array_equal(found[..., 0], np.floor(GREY * opacity.astype(float) / 255 + 0.5))


def test_opacity_of_sixteen_bits(tmp_path):
    assert "the high byte counts" in rule("Transparency")
    samples = np.array([[[65535, 0x80FF], [65535, 0x8000]]])
    (tmp_path / "x.png").write_bytes(png(4, samples))
    assert read_image(tmp_path / "x.png")[..., 0].tolist() == [[0x80, 0x80]]


def test_colour_profiles_and_order_of_channels(tmp_path):
    assert rule("profiles are ignored")
    assert rule("red, green, blue")
    colour = Image.new("RGB", (2, 1), (10, 20, 30))
    found = decoded(tmp_path / "x.png", colour, icc_profile=b"of another colour space")
    assert found.tolist() == [[[10, 20, 30]] * 2]


def test_no_rule_is_untested():
    tested = ("PNG, JPEG", "EXIF", "three equal", "8 bits a channel stay", "More than 8 bits",
              "Floating-point", "Transparency", "profiles", "uint8 [batch")  # fmt: skip
    assert [rule(words) for words in tested] == list(DECODING)
