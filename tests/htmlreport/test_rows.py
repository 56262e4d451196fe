import numpy as np
import pytest

from ivfgrade.errors import InputError
from ivfgrade.htmlreport.outlines import read_outlines
from ivfgrade.htmlreport.rows import place, read_rows
from tests.htmlreport.drawn import NAMES, drawn


def test_rows_come_in_the_order_of_the_paper_and_ours_last():
    names = ["F", "zebra", "F_area", "C", "Baseline", "A"]
    assert sorted(names, key=place) == ["Baseline", "A", "C", "zebra", "F_area", "F"]


def test_packed_outlines_are_read_back(folders):
    outlines = read_outlines(folders.experiments / "A" / "outlines.npz")
    for number, name in enumerate(NAMES):
        assert np.array_equal(outlines.mask(name), drawn("A", number))
    assert outlines.mask("another.png") is None


def test_empty_numbers_are_missing_and_empty_texts_stay_texts(folders):
    row = next(row for row in read_rows(folders.experiments) if row.name == "B2")
    assert row.images["dice"].isna().all()
    assert row.outlines is None
    assert row.images["grade"].map(type).eq(str).all()


def test_a_folder_without_rows_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"per_image\.csv"):
        read_rows(tmp_path)


def test_outlines_whose_arrays_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "outlines.npz"
    np.savez(path, images=np.array(["a", "b"]), fragment=np.zeros((1, 8), np.uint8), size=8)
    with pytest.raises(InputError, match="do not fit"):
        read_outlines(path)
