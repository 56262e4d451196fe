"""Figures that the page draws itself: there where rows hold what they show, in their own words."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from ivfgrade.htmlreport.plots import (
    CONFLICT,
    CURVES,
    RATIOS,
    conflict_plot,
    curves_plot,
    ratio_plot,
)
from ivfgrade.htmlreport.rows import Row, read_rows
from tests.htmlreport.drawn import ROWS, SCHEME


@pytest.fixture
def rows(folders) -> list[Row]:
    return list(read_rows(folders.experiments, ROWS))


def test_one_probed_row_is_enough_for_the_conflict_of_gradients(rows):
    assert conflict_plot(rows) is None
    probed = replace(rows[-1], history=rows[-1].history.assign(conflict_stem=0.2))
    found = conflict_plot([*rows[:-1], probed])
    alone = conflict_plot([probed])
    assert (found.title, found.caption) == CONFLICT
    assert found.source == alone.source  # rows that were not probed have no column


def test_without_a_history_there_are_no_curves(rows):
    untold = [replace(row, history=pd.DataFrame()) for row in rows]
    assert curves_plot(untold) is None
    assert (found := curves_plot(rows)) is not None
    assert (found.title, found.caption) == CURVES


def test_each_figure_is_its_own(rows):
    ratios = ratio_plot(rows, SCHEME)
    assert (ratios.title, ratios.caption) == RATIOS
    assert ratios.alt == ". ".join(RATIOS)
    assert ratios.source != curves_plot(rows).source
