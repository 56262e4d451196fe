import json
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ivfgrade.comparison.rows import ROWS
from ivfgrade.cosines import measured_layers
from ivfgrade.htmlreport.embed import json_for_script
from ivfgrade.htmlreport.ladder_view import ladder_view
from ivfgrade.htmlreport.mlflow_links import row_link, tables_link, training_link
from ivfgrade.htmlreport.naming import VARIANTS, told
from ivfgrade.htmlreport.pictures import PHOTOGRAPHIC, figure
from ivfgrade.htmlreport.strips import EDGE, WIDTH, axis
from ivfgrade.htmlreport.strokes import strokes
from ivfgrade.htmlreport.wording import signed, signed_span, span, value


def test_strips_of_a_column_share_one_axis():
    cells = [
        {"value": 0.5, "low": 0.4, "high": 0.6},
        {"value": 0.7, "low": None, "high": None},
        None,
    ]
    line = axis(cells, [0.8, None, None])
    assert (line.low, line.high) == (0.4, 0.8)
    strip = line.strip(cells[0], 0.8)
    assert (strip.low, strip.printed) == (EDGE, WIDTH - EDGE)
    assert strip.high == pytest.approx(WIDTH / 2)
    alone = line.strip(cells[1], None)
    assert alone.low == alone.value == alone.high
    assert line.strip(None, 0.8) is None


def test_an_axis_of_one_value_has_a_width():
    assert axis([{"value": 0.5}], []).place(0.5) == pytest.approx(WIDTH / 2)


def test_a_step_of_the_ladder_that_stands_elsewhere_is_a_branch():
    gain = {"value": -0.02, "low": -0.03, "high": 0.01}

    def step(row: str, after: str | None, **more):
        below = {"row": after, "grade": "error_fused"} if after else None
        both = {"gain_dice": None, "gain_mae": gain if after else None}
        return {"row": row, "grade": "error_fused", "after": below, "mae": {}, **both, **more}

    steps = [step("C", None), step("G", "C", mae={"missing": "not run"}), step("D", "C")]
    view = ladder_view({"steps": [*steps, step("F", "D"), step("C_head", "C")]})
    assert [one.is_branch for one in view.steps] == [False, False, False, False, True]
    assert view.steps[-1].after == "C, fused"
    assert view.steps[0].strips["gain_mae"] is None
    strip = view.steps[-1].strips["gain_mae"]
    assert strip.value < view.zeros["gain_mae"] < strip.high


def test_the_view_of_no_ladder_is_empty():
    assert ladder_view({}).steps == []


def test_numbers_are_written_with_a_true_minus_and_without_inventing_any():
    cell = {"value": -0.0123, "low": -0.02, "high": 0.001}
    assert signed(cell) == "\N{MINUS SIGN}0.012"
    assert signed_span(cell) == "\N{MINUS SIGN}0.020 to +0.001"
    assert value(None) == value({"value": None}) == "\N{EN DASH}"
    assert span({"value": 1.0, "low": None, "high": None}) == ""


def test_variants_share_the_colour_of_their_row_and_are_dashed():
    found = strokes(["C", "C_pcgrad", "F_area", "F_teacher", "F"])
    assert found["C"].colour == found["C_pcgrad"].colour
    assert found["C"].dash == found["F"].dash == ()
    assert len({found[name].dash for name in ("F", "F_area", "F_teacher")}) == 3


def test_rows_have_names_for_reading_alone_and_in_sentences():
    assert told("F_teacher") == "F with teacher"
    assert told("A_weak, then phase 2") == "A with weak images, then phase 2"
    assert told("phase 2 with L_reg only, F_teachers") == "phase 2 with L_reg only, F_teachers"
    assert len(set(VARIANTS.values())) == len(VARIANTS)


def test_every_variant_of_the_table_has_a_name_for_reading():
    known = {row.name for row in ROWS if "_" in row.name}
    assert known == set(VARIANTS)


def test_cosines_are_told_from_what_is_logged_beside_them():
    history = pd.DataFrame(
        columns=["epoch", "conflict_stem", "conflict_stem_sd", "conflict_layer4"]
    )
    assert measured_layers(history) == ["stem", "layer4"]


def test_links_search_and_cannot_be_widened_by_a_name():
    assert "tags.`ivfgrade.key` = 'ab12'" in unquote(training_link("ab12"))
    assert "run_name LIKE 'D_literal · %'" in unquote(row_link("D_literal"))
    assert row_link("x' OR '1") is training_link("ab' OR") is None
    assert tables_link("a b").endswith("experimentSearchFilter=a%20b")


def test_a_plot_stays_lossless_and_a_sheet_of_photographs_becomes_smaller(tmp_path):
    plot, sheet = tmp_path / "plot.png", tmp_path / "sheet.png"
    Image.new("RGB", (300, 200), "white").save(plot)
    noise = np.random.default_rng(0).normal(128, 12, (500, 400, 3)).astype(np.uint8)
    Image.fromarray(noise).save(sheet)
    assert sheet.stat().st_size > PHOTOGRAPHIC
    assert figure(plot, "t", "c", "a").source.startswith("data:image/png")
    smaller = figure(sheet, "t", "c", "a")
    assert smaller.source.startswith("data:image/jpeg")
    assert len(smaller.source) < sheet.stat().st_size
    assert (smaller.width, smaller.height) == (400, 500)


@given(st.text() | st.sampled_from(["</script>", "<!--<script", "]]>", "&lt;", "\u2028"]))
def test_data_in_a_script_element_has_no_character_that_html_reads(text):
    embedded = json_for_script({text: [text]})
    assert not set("<>&\u2028\u2029") & set(embedded)
    assert json.loads(embedded) == {text: [text]}
