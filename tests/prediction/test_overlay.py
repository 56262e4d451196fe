"""What is drawn on a picture, pixel by pixel, and the file of both outlines."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation

from ivfgrade.bundle.answers import Answer
from ivfgrade.prediction.masks import indexed
from ivfgrade.prediction.overlay import (
    EMBRYO,
    FRAGMENT,
    as_png,
    inner_line,
    overlay,
    words_of,
)
from tests.bundle.made import graph, manifest

NOTHING = np.zeros((200, 300), bool)
WORDS = "12 % (8 to 17), B"
BAND = 16  # of the smallest letters, at least


def box(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    mask = NOTHING.copy()
    mask[top:bottom, left:right] = True
    return mask


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(1, 255, (*NOTHING.shape, 3)).astype(np.uint8)


def drawn(fragment: np.ndarray, embryo: np.ndarray, words: str = WORDS) -> np.ndarray:
    return np.asarray(overlay(noise(), fragment, embryo, words))


def test_a_line_is_the_masks_own_border_of_the_width_asked_for():
    mask, inside = box(50, 100, 50, 120), box(52, 98, 52, 118)
    assert np.array_equal(inner_line(mask, 2), mask & ~inside)


def test_the_pictures_edge_is_no_outline():
    assert not inner_line(np.ones((9, 9), bool), 1).any()
    line = inner_line(box(0, 200, 0, 40), 1)
    assert np.array_equal(line, box(0, 200, 39, 40))


def test_lines_have_their_colours_and_all_else_stays():
    fragment, embryo = box(80, 100, 90, 120), box(40, 160, 60, 220)
    picture = drawn(fragment, embryo)
    assert (picture[inner_line(fragment, 1)] == FRAGMENT).all()
    assert (picture[inner_line(embryo, 1)] == EMBRYO).all()
    near = binary_dilation(inner_line(fragment, 1) | inner_line(embryo, 1))
    far = ~near
    far[: BAND + 2] = False
    assert np.array_equal(picture[far], noise()[far])
    assert (picture.shape, picture.dtype) == (noise().shape, np.uint8)


def test_the_picture_that_is_drawn_on_is_a_copy():
    before = noise()
    overlay(before, box(80, 100, 90, 120), NOTHING, WORDS)
    assert np.array_equal(before, noise())


def test_nothing_found_is_the_picture_with_words():
    picture = drawn(NOTHING, NOTHING)
    assert np.array_equal(picture[BAND + 2 :], noise()[BAND + 2 :])
    band = picture[: BAND - 2]
    assert (band == 0).all(-1).mean() > 0.5
    assert band.max() > 240  # white on black
    assert not np.array_equal(picture, drawn(NOTHING, NOTHING, "34 % (30 to 38), C"))


@pytest.mark.parametrize("shape", [(1, 1), (2, 90), (90, 2), (31, 400)])
def test_pictures_of_any_size_keep_it(shape):
    mask = np.ones(shape, bool)
    image = overlay(np.full((*shape, 3), 9, np.uint8), mask, mask, WORDS)
    assert image.size == shape[::-1]


def answer_of(*refused: str, grades: tuple[str, ...] = ("B",)) -> Answer:
    if refused:
        return Answer(refused, None, None, None, None, (), NOTHING, NOTHING)
    return Answer((), 0.123, 0.08, 0.174, "B", grades, NOTHING, NOTHING)


def test_words_are_ratio_interval_and_grade_or_why_there_is_none():
    described = manifest(graph())
    assert words_of(answer_of(), described) == "12 % (8 to 17), B"
    assert words_of(answer_of(grades=("A", "B")), described) == "12 % (8 to 17), B (A or B)"
    assert words_of(answer_of("saturated", "no_embryo"), described) == (
        "not graded: too much of the picture is white or black; no embryo was found"
    )


def test_both_outlines_in_one_file_whose_numbers_survive_it():
    fragment, embryo = box(80, 120, 200, 250), box(40, 160, 60, 220)
    image = Image.open(io.BytesIO(as_png(indexed(fragment, embryo))))
    found = np.asarray(image)
    assert image.mode == "P"
    assert np.array_equal(found == 2, fragment)  # inside the embryo and outside of it
    assert np.array_equal(found == 1, embryo & ~fragment)
    assert np.array_equal(found == 0, ~embryo & ~fragment)
    seen = np.asarray(image.convert("RGB"))
    assert [tuple(seen[at]) for at in ((0, 0), (50, 70), (90, 240))] == [
        (0, 0, 0),
        EMBRYO,
        FRAGMENT,
    ]
