"""Textures of the area and of nothing else, the same however the image lies."""

import numpy as np
import pytest

from ivfgrade.texture.features import (
    cooccurrence,
    glcm_features,
    grey_of,
    lbp_features,
    lbp_histogram,
    touched,
)
from tests.texture.drawn import PARAMS

DESCRIPTORS = [glcm_features, lbp_features]


@pytest.fixture
def grey() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (41, 37), np.uint8)


@pytest.fixture
def area() -> np.ndarray:
    """An ellipse with a dent: unlike its mirror image."""
    y, x = np.mgrid[:41, :37]
    ellipse = ((y - 20) / 18) ** 2 + ((x - 18) / 15) ** 2 < 1
    return ellipse & ~((y < 14) & (x < 12))


def test_cooccurrence_is_that_of_a_count_by_hand():
    grey = np.array([[0, 0, 1], [2, 9, 1], [2, 2, 7]], np.uint8)
    area = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0]], bool)  # neither 9 nor 7
    # neighbours: 00; 01 twice; 02 twice; 11; 12; 22 three times; each seen from both ends
    by_hand = np.array([[2, 2, 2], [2, 2, 1], [2, 1, 6]])
    assert cooccurrence(grey, area, 3, (1,))[..., 0].tolist() == by_hand.tolist()


def test_properties_follow_from_that_count():
    grey = np.array([[0, 0, 1], [2, 9, 1], [2, 2, 7]], np.uint8)
    area = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0]], bool)
    params = PARAMS.__class__(**{**vars(PARAMS), "grey_levels": 3, "glcm_distances_px": (1,)})
    contrast, dissimilarity, homogeneity, energy, correlation, entropy = glcm_features(
        grey, area, params
    )
    shares = np.array([[2, 2, 2], [2, 2, 1], [2, 1, 6]]) / 20
    assert contrast == pytest.approx(22 / 20)
    assert dissimilarity == pytest.approx(14 / 20)
    assert homogeneity == pytest.approx((10 + 4 / 2 + 4 / 5 + 2 / 2) / 20)
    assert energy == pytest.approx(np.sqrt((shares**2).sum()))
    assert entropy == pytest.approx(-(shares * np.log(shares)).sum())
    levels = np.arange(3)
    mean = levels @ shares.sum(1)
    variance = (levels - mean) ** 2 @ shares.sum(1)
    assert correlation == pytest.approx((levels - mean) @ shares @ (levels - mean) / variance)


@pytest.mark.parametrize("describe", DESCRIPTORS)
@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_and_mirrored_images_have_the_same_features(
    grey, area, describe, quarter_turns, mirrored
):
    def turned(pixels: np.ndarray) -> np.ndarray:
        return np.rot90(pixels[:, ::-1] if mirrored else pixels, quarter_turns).copy()

    expected = describe(grey, area, PARAMS)
    assert describe(turned(grey), turned(area), PARAMS) == pytest.approx(expected)


@pytest.mark.parametrize("describe", DESCRIPTORS)
def test_pixels_outside_and_padding_change_nothing(grey, area, describe):
    expected = describe(grey, area, PARAMS)
    other = np.where(area, grey, 255 - grey)
    assert (describe(other, area, PARAMS) == expected).all()
    padded = np.pad(other, 7, constant_values=200), np.pad(area, 7)
    assert describe(*padded, PARAMS) == pytest.approx(expected)


@pytest.mark.parametrize("describe", DESCRIPTORS)
def test_a_pixel_inside_does_change_them(grey, area, describe):
    other = grey.copy()
    other[20:24, 18:22] = 0
    assert (describe(other, area, PARAMS) != describe(grey, area, PARAMS)).any()


def test_another_lamp_changes_no_feature(grey, area):
    dim = grey // 4  # 0 to 63
    brighter = dim + 150
    assert glcm_features(brighter, area, PARAMS) == pytest.approx(glcm_features(dim, area, PARAMS))
    assert lbp_features(brighter, area, PARAMS) == pytest.approx(lbp_features(dim, area, PARAMS))


def test_coarse_and_fine_texture_differ(area):
    fine = np.indices((41, 37)).sum(0) % 2 * 200
    coarse = np.indices((41, 37)).sum(0) // 8 % 2 * 200
    contrast_of_fine, contrast_of_coarse = (
        glcm_features(pattern.astype(np.uint8), area, PARAMS)[0] for pattern in (fine, coarse)
    )
    assert contrast_of_fine > 2 * contrast_of_coarse


@pytest.mark.parametrize("radius", [1, 2, 4, 8])
def test_a_constant_image_has_one_pattern(radius):
    """No neighbour is darker than its centre: the pattern of all ones."""
    histogram = lbp_histogram(np.full((30, 30), 128, np.uint8), np.ones((30, 30), bool), radius)
    points = min(8 * radius, 24)
    assert len(histogram) == points + 2
    assert histogram.argmax() == points
    assert histogram.sum() == 1


def test_a_constant_image_has_no_contrast():
    flat = glcm_features(np.full((9, 9), 77, np.uint8), np.ones((9, 9), bool), PARAMS)
    contrast, dissimilarity, homogeneity, energy, correlation, entropy = flat.reshape(6, 2)[:, 0]
    assert (contrast, dissimilarity, entropy) == (0, 0, 0)
    assert (homogeneity, energy, correlation) == (1, 1, 1)


def test_the_brightest_spot_has_the_pattern_of_all_zeros():
    grey = np.zeros((3, 3), np.uint8)
    grey[1, 1] = 50
    assert lbp_histogram(grey, np.ones((3, 3), bool), 1).tolist() == [1] + [0] * 9


def test_the_circle_is_read_from_the_pixels_around_its_points():
    assert touched(8, 1).astype(int).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 1, 1, 1, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 0, 0, 0],
    ]


@pytest.mark.parametrize("describe", DESCRIPTORS)
@pytest.mark.parametrize("side", [0, 1])
def test_too_small_an_area_has_no_texture(grey, describe, side):
    area = np.zeros(grey.shape, bool)
    area[:side, :side] = True
    assert np.isnan(describe(grey, area, PARAMS)).all()


def test_grey_is_the_mean_of_the_colours():
    image = np.array([[[10, 20, 33], [255, 255, 255]]], np.uint8)
    assert grey_of(image).tolist() == [[21, 255]]
