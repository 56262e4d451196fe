import numpy as np
import pytest

from ivfgrade.errors import InputError
from ivfgrade.htmlreport.origins import trainings
from ivfgrade.htmlreport.outlines import read_outlines
from ivfgrade.htmlreport.rows import read_rows
from tests.htmlreport.drawn import NAMES, OLD_ROW, ROWS, drawn


def test_rows_are_those_of_the_table_in_its_order(folders):
    assert (folders.experiments / OLD_ROW / "per_image.csv").is_file()
    assert [row.name for row in read_rows(folders.experiments, ("F", "A"))] == ["F", "A"]


def test_packed_outlines_are_read_back(folders):
    outlines = read_outlines(folders.experiments / "A" / "outlines.npz")
    for number, name in enumerate(NAMES):
        assert np.array_equal(outlines.mask(name), drawn("A", number))
    assert outlines.mask("another.png") is None


def test_empty_numbers_are_missing_and_empty_texts_stay_texts(folders):
    row = next(row for row in read_rows(folders.experiments, ROWS) if row.name == "B2")
    assert row.images["dice"].isna().all()
    assert row.outlines is None
    assert row.images["grade"].map(type).eq(str).all()


def test_a_row_of_the_table_that_is_not_there_is_named(folders):
    with pytest.raises(InputError, match=r"names row C_head; run dvc repro"):
        read_rows(folders.experiments, (*ROWS, "C_head"))
    with pytest.raises(InputError, match="names no row"):
        read_rows(folders.experiments, ())


def test_the_best_epoch_counts_from_one_like_their_number(folders):
    facts = trainings(read_rows(folders.experiments, ROWS))[0].facts
    assert (facts["epochs"], facts["best epoch"]) == ("3", "2")


def test_outlines_whose_arrays_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "outlines.npz"
    np.savez(path, images=np.array(["a", "b"]), fragment=np.zeros((1, 8), np.uint8), size=8)
    with pytest.raises(InputError, match="do not fit"):
        read_outlines(path)
