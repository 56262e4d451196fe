"""Rows are compared image by image: what stands in the way is named with row, column and image."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ivfgrade.comparison.read_trials import read_experiments
from ivfgrade.errors import InputError
from tests.comparison.conftest import Keep
from tests.comparison.made import ROWS as ALL
from tests.comparison.made import Change, edit, set_cell


def test_the_order_of_lines_does_not_matter(experiments: Path) -> None:
    (before,) = read_experiments(experiments, ALL)
    edit(experiments, "C", lambda table: table[::-1])
    (after,) = read_experiments(experiments, ALL)
    pd.testing.assert_frame_equal(before.rows["C"], after.rows["C"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda table: table[1:],
            r"row C \(.*per_image.csv\) and row Baseline hold different images",
        ),
        (lambda table: pd.concat([table, table[4:5]]), "holds image e004.png twice"),
        (set_cell("ratio", "0.9"), "row C .* and row Baseline differ in the ratio of e005.png"),
        (set_cell("patient", "p99"), "differ in the patient of e005.png"),
        (set_cell("dice", ""), "row C .* has no dice for e005.png"),
        (set_cell("error_direct", ""), "row C .* has no error_direct for e005.png"),
        (set_cell("predicted_grade", ""), r"row C \(.*\): predicted_grade is empty for e005.png"),
        (set_cell("reported", ""), "C/per_image.csv.: reported is empty for e005.png"),
        (set_cell("boundary_f1", ""), "row C .* has no boundary_f1 for e005.png"),
        (set_cell("dice", "inf"), "dice is infinite for e005.png"),
        (set_cell("dice", "1.2"), "dice is not between 0 and 1 for e005.png"),
        (set_cell("error_hard", "-0.1"), "error_hard is negative for e005.png"),
        (
            set_cell("error_hard", "0.9"),
            "error_hard is not the distance of hard from ratio for e005",
        ),
        (set_cell("direct", ""), "error_direct is not the distance of direct from ratio for e005"),
        (set_cell("dice", "high"), "cannot be read as a table"),
        (lambda table: table.drop(columns="error_soft"), "lacks the column error_soft"),
        (lambda table: table[:0], "holds no image"),
    ],
)
def test_a_row_that_cannot_be_compared_is_named(
    experiments: Path, change: Change, message: str
) -> None:
    edit(experiments, "C", change)
    with pytest.raises(InputError, match=message):
        read_experiments(experiments, ALL)


def test_an_error_that_no_row_gives_is_missing(experiments: Path) -> None:
    for name in ALL:
        edit(experiments, name, set_cell("error_direct", ""))
    with pytest.raises(InputError, match="row B1 .* has no error_direct for e005.png"):
        read_experiments(experiments, ALL)


def test_what_cannot_be_compared_is_not_kept(tmp_path: Path, experiments: Path, keep: Keep) -> None:
    home = tmp_path / "results" / "one"
    edit(experiments, "C", lambda table: table[1:])
    with pytest.raises(InputError):
        keep(experiments, home, ALL)
    assert not home.parent.exists()
