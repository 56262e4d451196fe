import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ivfgrade.dataset.arrays import load_arrays
from ivfgrade.errors import InputError
from ivfgrade.evaluation.crop import around
from ivfgrade.htmlreport.choice import failures, spread_over_ratios
from ivfgrade.htmlreport.gallery import collect, disagreement, viewer_data
from ivfgrade.htmlreport.gates import GateScale
from ivfgrade.htmlreport.rows import read_rows
from tests.htmlreport.decoded import decode
from tests.htmlreport.drawn import COUNT, NAMES, ROWS, SCHEME, drawn, truth


@pytest.fixture
def data(folders):
    collection = collect(read_rows(folders.experiments, ROWS), load_arrays(folders.data))
    return viewer_data(collection, SCHEME.names)


def test_numbers_that_images_are_sorted_by_are_those_of_the_tables(folders, data):
    for row in ("A", "B2", "F"):
        table = pd.read_csv(folders.experiments / row / "per_image.csv").set_index("image")
        for image in data["images"]:
            shown, known = image["rows"][row], table.loc[NAMES[image["case"] - 1]]
            for name in ("dice", "reported", "error_reported"):
                value = shown[name]
                assert (value is None) == np.isnan(known[name])
                assert value is None or value == pytest.approx(known[name], abs=5e-5)
            assert shown["grade"] == known["predicted_grade"]


def test_masks_are_cut_to_the_image_without_its_padding(data):
    by_case = {image["case"]: image for image in data["images"]}
    for number in range(COUNT):
        image = by_case[number + 1]
        shape = (image["height"], image["width"])
        assert shape == (28, 32)
        assert image["offset"] == [0, 2]
        assert np.array_equal(decode(image["truth"], *shape), truth(number)[2:30])
        for row in ("A", "F"):
            assert np.array_equal(
                decode(image["rows"][row]["mask"], *shape), drawn(row, number)[2:30]
            )
        assert "mask" not in image["rows"]["B2"]


def test_pictures_are_of_the_image_alone(data):
    for image in data["images"]:
        picture = Image.open(io.BytesIO(base64.b64decode(image["picture"])))
        assert picture.size == (image["width"], image["height"])


def test_disagreement_is_the_span_of_the_reported_ratios(folders):
    rows = read_rows(folders.experiments, ROWS)
    apart = disagreement(rows)
    for name in NAMES:
        answers = [row.images.set_index("image").loc[name, "reported"] for row in rows]
        assert apart[name] == pytest.approx(max(answers) - min(answers))


def test_a_gate_fills_the_scale_of_its_row():
    scale = GateScale(51.0, 102.0)
    assert scale.stretched(np.array([[0, 51, 102, 255]])).tolist() == [[0, 0, 255, 255]]
    assert scale.ends() == [0.2, 0.4]
    assert GateScale(255.0, 255.0).stretched(np.array([[255]])).tolist() == [[0]]  # open everywhere


def test_the_window_holds_the_embryo_and_stays_inside_the_image():
    inside = np.zeros((40, 60), bool)
    inside[0:10, 50:60] = True
    left, top, width, height = around(inside)
    assert (left + width, top) == (60, 0)
    assert width >= 10
    assert height >= 10
    assert around(np.zeros((40, 60), bool)) == (0, 0, 60, 40)


def test_images_of_the_grid_are_spread_over_the_ratios(folders):
    images = collect(read_rows(folders.experiments, ROWS), load_arrays(folders.data)).images
    assert spread_over_ratios(images, 3) == [NAMES[1], NAMES[4], NAMES[7]]  # 0 has no fragment
    assert spread_over_ratios(images, 20) == NAMES[1:]


def test_failures_are_the_worst_of_the_row(folders):
    grids = {grid.title: grid for grid in failures(read_rows(folders.experiments, ROWS), 2)}
    assert grids["Lowest Dice"].row == "F"
    assert grids["Lowest Dice"].images == [NAMES[7], NAMES[6]]
    assert grids["Largest error of the ratio"].images == [NAMES[7], NAMES[6]]
    assert not {NAMES[7], NAMES[6]} & set(grids["Wrong grade"].images)
    assert "False alarms" not in grids


def test_an_image_that_the_data_does_not_hold_is_refused(folders):
    path = folders.experiments / "A" / "per_image.csv"
    path.write_text(path.read_text().replace("day 3.png", "stranger.png"))
    with pytest.raises(InputError, match=r"stranger\.png"):
        collect(read_rows(folders.experiments, ROWS), load_arrays(folders.data))


def test_every_image_of_every_row_is_shown(data):
    assert len(data["images"]) == COUNT
    assert [row["name"] for row in data["rows"]] == ["A", "B2", "F"]
    assert [row["shown"] for row in data["rows"]] == [True, False, True]
