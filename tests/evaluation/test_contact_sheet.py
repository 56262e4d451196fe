"""Which images the sheet shows, and that its lines can be seen."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ivfgrade.evaluation.contact_sheet import (
    Gallery,
    caption,
    choose,
    contact_sheet,
    draw_contours,
    draw_image,
)
from ivfgrade.evaluation.per_image import score_images
from tests.evaluation.drawn import Answers

NONE = np.nan


def table_of(dice, false_alarm, error_reported) -> pd.DataFrame:
    columns = {"dice": dice, "false_alarm": false_alarm, "error_reported": error_reported}
    numbers = pd.DataFrame(columns, dtype=float)
    return numbers.assign(reported=0.1, supervision="paired")


def test_both_ends_are_shown():
    images = table_of([0.5, 0.9, 0.1, 0.7], [NONE] * 4, [0.1, 0.0, 0.2, 0.3])
    rows = choose(images, 2)
    assert rows["best Dice"].tolist() == [1, 3]
    assert rows["worst Dice"].tolist() == [2, 0]
    assert "median Dice" not in rows
    assert rows["largest ratio error"].tolist() == [3, 2]
    assert "false alarms" not in rows


@pytest.mark.parametrize(
    ("images", "sizes"), [(1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (7, [3, 1, 3]), (20, [6, 6, 6])]
)
def test_no_image_is_both_among_the_best_and_the_worst(images: int, sizes: list[int]):
    dice = np.linspace(0.9, 0.1, images)
    rows = choose(table_of(dice, [NONE] * images, [NONE] * images), 6)
    assert [len(row) for row in rows.values()] == sizes
    shown = np.concatenate(list(rows.values())).tolist()
    assert len(set(shown)) == len(shown)
    assert rows["best Dice"][0] == 0
    if "median Dice" in rows:
        assert rows["median Dice"].mean() == pytest.approx((images - 1) / 2, abs=0.5)


def test_a_ratio_error_needs_no_dice_but_a_ratio():
    # the third holds no fragment, the fourth has a ratio and no mask, the last a grade only
    images = table_of([0.5, 0.9, NONE, NONE, NONE], [NONE, NONE, 0, NONE, NONE],
                      [0.1, 0.0, 0.4, 0.3, NONE])  # fmt: skip
    assert choose(images, 5)["largest ratio error"].tolist() == [2, 3, 0, 1]


def test_false_alarms_are_those_of_images_without_fragments():
    images = table_of([0.5, NONE, NONE, NONE], [NONE, 0.01, 0, 0.2], [0, 0, 0, 0])
    assert choose(images, 9)["false alarms"].tolist() == [3, 1]
    assert "false alarms" not in choose(images[:1], 9)


def test_images_with_a_grade_alone_are_shown_from_the_least_to_the_most_fragmented():
    images = table_of([NONE] * 5, [NONE] * 5, [NONE] * 5)
    images = images.assign(reported=[0.5, 0.1, 0.3, 0.2, 0.4], supervision="weak")
    assert choose(images, 3) == {"grade alone": pytest.approx([1, 2, 0])}
    assert choose(images, 9)["grade alone"].tolist() == [1, 3, 2, 4, 0]


def test_no_row_without_an_image():
    assert choose(table_of([NONE], [NONE], [NONE]), 2) == {}


def test_captions_say_what_is_known():
    image = {"dice": 0.5, "false_alarm": NONE, "ratio": 0.2, "grade": "B", "clinical_grade": ""}
    image |= {"reported": 0.25, "predicted_grade": "C"}
    assert caption(pd.Series(image)) == "Dice 0.50\ntrue 20% B, model 25% C"
    clean = image | {"dice": NONE, "false_alarm": 0.031}
    assert caption(pd.Series(clean)).startswith("no fragment, 3.1% outlined")
    assert "Dice" not in caption(pd.Series(image | {"dice": NONE}))
    unknown = image | {"ratio": NONE, "grade": ""}
    assert caption(pd.Series(unknown)) == "Dice 0.50\ntrue ratio unknown, model 25% C"
    weak = unknown | {"dice": NONE, "clinical_grade": "B"}
    assert caption(pd.Series(weak)) == "no true outline\nby a person B, model 25% C"


@pytest.fixture
def bright(arrays, grader) -> Gallery:
    white = replace(arrays, images=np.full_like(arrays.images, 255))
    return Gallery(white, Answers().predictions(), grader, "drawn")


def drawn(gallery: Gallery, row: int) -> np.ndarray:
    figure = Figure(figsize=(2, 2), dpi=110)
    canvas = FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1))
    draw_image(ax, gallery, row)
    draw_contours(ax, gallery, row)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def test_the_white_line_of_the_embryo_is_seen_on_a_white_image(bright):
    pixels = drawn(bright, 1)  # no fragment: the embryo's line is the only one
    dark = (pixels.max(-1) < 190).sum()
    assert dark > 2 * 4 * 100  # a rim on both sides of a square of more than 100 pixels a side


def test_nothing_is_outlined_on_padding(bright):
    below = replace(bright.arrays, manifest=bright.arrays.manifest.assign(top=32, inner_height=8))
    assert (drawn(replace(bright, arrays=below), 1) == 255).all()


def test_the_title_counts_images_with_and_without_fragments(bright, canvases, tmp_path):
    images = score_images(bright.arrays, bright.found, bright.grader)
    contact_sheet(bright, images, tmp_path / "sheet.png")
    assert (
        "4 test images with fragments, 1 without, 1 with a grade alone"
        in canvases[-1].get_suptitle()
    )
