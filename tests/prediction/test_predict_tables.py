"""The tables against the journal they are made of, and what a spreadsheet must not run."""

import json

import pytest

from ivfgrade.prediction.journal import FILE
from ivfgrade.prediction.tables import take_away, write_tables
from tests.prediction.answered import lines, table

PIECE = {"area_px": 40, "diameter_px": 7.14, "x_px": 32.0, "y_px": 15.5}
IN_UM = {"area_um2": 10.0, "diameter_um": 3.57, "x_um": 16.0, "y_um": 7.75}


def record(file: str, **more) -> dict:
    return {"file": file, "bytes": 1, "changed_ns": 1, **more}


def graded(file: str, fragments: list) -> dict:
    return record(
        file, status="graded", ratio=0.2, ratio_low=0.1, ratio_high=0.3, grade="B",
        grades=["B", "C"], fragments=fragments, embryo_px=900, width=60, height=40,
        mask="masks/m.png",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    def written(*found: dict):
        (tmp_path / FILE).write_text("".join(f"{json.dumps(one)}\n" for one in found))
        write_tables(tmp_path)
        return tmp_path

    return written


def test_a_row_per_picture_sorted_by_file(folder):
    out = folder(
        graded("/b.png", [PIECE, PIECE]),
        record("/c.png", status="unreadable", reasons=["is empty"]),
        record("/a.png", status="refused", reasons=["defocused", "saturated"], width=9, height=8),
    )
    first, second, third = table(out / "answers.csv")
    assert [one["file"] for one in (first, second, third)] == ["/a.png", "/b.png", "/c.png"]
    assert (first["status"], first["reasons"]) == ("refused", "defocused; saturated")
    assert (first["ratio"], first["grade"], first["fragments"]) == ("", "", "")
    assert second["grades"] == "B; C"
    assert [second[name] for name in ("ratio", "fragments", "embryo_px")] == ["0.2", "2", "900"]
    assert (third["status"], third["reasons"]) == ("unreadable", "is empty")


def test_no_fragments_are_none_and_not_unknown(folder):
    out = folder(graded("/a.png", []))
    assert table(out / "answers.csv")[0]["fragments"] == "0"
    assert table(out / "fragments.csv") == []


def test_a_row_per_fragment_with_micrometres_where_they_are_known(folder):
    out = folder(graded("/a.png", [{**PIECE, **IN_UM}, PIECE]))
    first, second = table(out / "fragments.csv")
    assert (first["file"], first["fragment"], second["fragment"]) == ("/a.png", "1", "2")
    assert {name: float(first[name]) for name in PIECE} == PIECE
    assert {name: float(first[name]) for name in IN_UM} == IN_UM
    assert {second[name] for name in IN_UM} == {""}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(folder, sign):
    out = folder(
        {**graded(f"{sign}1+1.png", [PIECE]), "grade": f"{sign}A", "grades": [f"{sign}A"]},
        record("/b.png", status="unreadable", reasons=[f"{sign}cmd"]),
    )
    texts = [value for name in ("answers.csv", "fragments.csv") for row in table(out / name)
             for value in row.values()]  # fmt: skip
    assert f"'{sign}1+1.png" in texts
    assert not [one for one in texts if one.startswith(sign)]


@pytest.mark.parametrize("name", ['/a,"b";c.png', "/a\nb.png", "/胚.png"])
def test_odd_names_stay_one_cell(folder, name):
    assert [row["file"] for row in table(folder(graded(name, [])) / "answers.csv")] == [name]


def test_a_name_that_is_no_text_is_spelled_out(folder):
    assert table(folder(graded("/\udcff.png", [])) / "answers.csv")[0]["file"] == "/\\udcff.png"


def test_half_a_table_of_a_killed_run_is_replaced(folder, tmp_path):
    (tmp_path / ".answers.csv.partial").write_text("half" * 1000)
    out = folder(graded("/a.png", []))
    assert len(table(out / "answers.csv")) == len(lines(out)) == 1
    assert sorted(path.name for path in out.iterdir()) == [
        "answers.csv", FILE, "fragments.csv",
    ]  # fmt: skip


def test_tables_that_are_taken_away_leave_the_journal(folder):
    out = folder(graded("/a.png", []))
    take_away(out)
    take_away(out)
    assert [path.name for path in out.iterdir()] == [FILE]
