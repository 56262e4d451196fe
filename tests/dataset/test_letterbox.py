from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivfgrade.dataset.letterbox import (
    nearest,
    pad_image,
    pad_mask,
    place,
    unpad_map,
    unpad_mask,
    valid,
)

sides = st.integers(1, 90)
sizes = st.integers(8, 48)


def random_mask(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width)) < 0.5


@given(sides, sides, sizes)
def test_the_inner_rectangle_fills_the_square_along_the_longer_side_and_is_centred(
    height: int, width: int, size: int
) -> None:
    p = place(height, width, size)
    assert max(p.inner_height, p.inner_width) == size
    assert min(p.inner_height, p.inner_width) >= 1
    assert abs(p.inner_height - height * size / max(height, width)) < 1
    assert 0 <= size - p.inner_height - 2 * p.top <= 1
    assert 0 <= size - p.inner_width - 2 * p.left <= 1
    assert valid(p).sum() == p.inner_height * p.inner_width


@given(sides, sides, sizes, st.integers(0, 9))
def test_a_mask_that_was_not_shrunk_comes_back_exactly(
    height: int, width: int, size: int, seed: int
) -> None:
    size = max(size, height, width)
    p = place(height, width, size)
    mask = random_mask(height, width, seed)
    padded = pad_mask(mask, p)
    assert padded.shape == (size, size)
    assert not padded[~valid(p)].any()
    assert (unpad_mask(padded, p).astype(bool) == mask).all()


@given(sides, sides, sizes)
def test_a_full_mask_comes_back_full_however_much_it_was_shrunk(
    height: int, width: int, size: int
) -> None:
    p = place(height, width, size)
    padded = pad_mask(np.ones((height, width), dtype=bool), p)
    assert (padded.astype(bool) == valid(p)).all()
    assert unpad_mask(padded, p).all()


@given(st.integers(60, 140), st.integers(60, 140), st.integers(30, 59))
def test_a_shrunk_disc_comes_back_in_its_place(height: int, width: int, size: int) -> None:
    row, column = np.mgrid[:height, :width]
    disc = np.hypot(row - 0.4 * height, column - 0.6 * width) < 20
    p = place(height, width, size)
    back = unpad_mask(pad_mask(disc, p), p).astype(bool)
    pixel = max(height, width) / size  # of the square, in original pixels
    lost = 2 * np.pi * 20 * pixel / 2 + 8  # half a pixel all along the border, either way
    assert (back != disc).sum() <= lost


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (299, 299), (37, 41), (2000, 3)])
def test_extreme_shapes_keep_their_rectangle(shape: tuple[int, int]) -> None:
    p = place(*shape, 299)
    image = np.full((*shape, 3), 200, dtype=np.uint8)
    padded = pad_image(image, p)
    assert padded.shape == (299, 299, 3)
    assert (padded[valid(p)] == 200).all()
    assert (padded[~valid(p)] == 0).all()
    assert unpad_mask(pad_mask(image[..., 0] > 0, p), p).shape == shape


@pytest.mark.parametrize("shape", [(64, 96), (96, 64), (31, 17)])
def test_image_and_mask_share_their_geometry(shape: tuple[int, int]) -> None:
    """An edge in the image lies within one pixel of the same edge in the mask."""
    bright = np.zeros(shape, dtype=bool)
    bright[shape[0] // 3 :, shape[1] // 4 :] = True
    p = place(*shape, 48)
    image = pad_image(bright.astype(np.uint8) * 255, p)
    mask = pad_mask(bright, p).astype(bool)
    assert abs((image > 127).sum(0).max() - mask.sum(0).max()) <= 1
    assert abs((image > 127).sum(1).max() - mask.sum(1).max()) <= 1


def test_a_mask_is_read_at_the_middle_of_each_cell() -> None:
    mask = np.zeros((8, 8), bool)
    mask[2:4, 4:] = True
    assert nearest(mask, 4, 4).astype(int).tolist() == [[0] * 4, [0, 0, 1, 1], [0] * 4, [0] * 4]
    assert nearest(mask, 8, 8).tolist() == mask.tolist()
    assert nearest(np.arange(30).reshape(3, 10), 1, 3).tolist() == [[11, 15, 18]]


def test_a_map_of_the_square_comes_back_at_the_original_size_without_the_padding() -> None:
    p = place(30, 60, 20)
    values = np.where(valid(p), 0.25, 9.0)
    back = unpad_map(values, p)
    assert back.shape == (30, 60)
    np.testing.assert_allclose(back, 0.25, atol=1e-6)


def test_an_array_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        pad_mask(np.zeros((4, 4), dtype=bool), place(4, 5, 8))
