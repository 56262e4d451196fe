"""The page in a real browser, read by reader.js as a person would."""

import csv
import html
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markupsafe import escape

from ivfgrade.evaluation.agreement import quadratic_kappa
from ivfgrade.htmlreport.embed import content_policy
from ivfgrade.reading.folder import run_in
from ivfgrade.reading.write import script, style, write_page
from tests.reading.made import BROKEN, HOSTILE, NAMES, RATIOS, REFUSED, SCHEME, write_run

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
READER = Path(__file__).parent / "reader.js"
IN_ORDER = [HOSTILE, *NAMES, REFUSED, BROKEN]
TELLING = re.compile(
    r"43\.2|37\.2|49\.2|0\.4321|C / |/ C|/ no grade|sharp outline|<path[^>]* d=\"M\d+\.|<table"
)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What reader.js saw, from one start of the browser; its code is let in by its own digest."""
    folder = tmp_path_factory.mktemp("read")
    answers = folder / "answers"
    answers.mkdir()
    write_run(answers, folder / "pictures")
    write_page(answers, run_in(answers), folder / "page.html")
    both = f"{script()}\n{READER.read_text()}"
    page = (folder / "page.html").read_text().replace(script(), both)
    policy, wider = (str(escape(content_policy(code, style()))) for code in (script(), both))
    assert page.count(policy) == 1
    (folder / "page.html").write_text(page.replace(policy, wider))
    return _dumped(folder / "page.html", folder / "profile")


def _dumped(page: Path, profile: Path) -> dict[str, Any]:
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
        "--disable-background-networking", "--virtual-time-budget=20000", "--dump-dom",
        page.as_uri(),
    ]  # fmt: skip
    dumped = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.search(r'<pre id="seen">(.*?)</pre>', dumped, re.DOTALL)
    assert found, "the reader did not come to an end"
    seen = json.loads(html.unescape(found[1]))
    assert "error" not in seen, seen["error"]
    return seen


def rows(text: str) -> dict[str, dict[str, str]]:
    """Of an exported table, by file."""
    return {row["file"]: row for row in csv.DictReader(io.StringIO(text[1:], newline=""))}


def test_nobody_reads_without_a_name(seen):
    assert seen["begins"] == [True, False]


def test_nothing_of_an_answer_is_there_before_the_reading(seen):
    assert seen["listed"] == IN_ORDER
    assert not TELLING.search(seen["unread"])
    assert seen["refusedBefore"] == ["", 0, "unread"]
    assert seen["unreadOutlines"] == seen["unreadOutlinesByKey"] == 0
    assert seen["chosen"] == ["Record B and show the answer", False, ""]


def test_order_and_filter_do_not_tell_unread_answers(seen):
    assert seen["unreadByRatio"] == seen["unreadByWidth"] == IN_ORDER
    assert seen["unreadOfC"] == seen["unreadRefused"] == "no pictures"


def test_only_the_current_picture_is_an_image(seen):
    assert seen["image"] == ["Picture 4: p02.png", 1]


def test_an_impossible_estimate_is_not_recorded(seen):
    assert seen["impossible"] == [False, True]


def test_what_is_typed_survives_a_look_at_another_picture(seen):
    assert seen["draft"] == ["12.5", "Record B and show the answer"]


def test_the_answer_follows_the_reading(seen):
    for told in ("43.2 %", "90 % interval 37.2 % to 49.2 %", "Grade C.", "Fragments: 1"):
        assert told in seen["answer"]
    assert (seen["outlines"], seen["outlinesOff"]) == (4, 0)  # two lines, each on a dark one


def test_the_next_picture_is_shut_again(seen):
    assert seen["onward"] == ["p03.png", False, "", 0]
    assert seen["left"] == "p02.png"
    assert seen["down"] == ["p03.png", "p03.png", 1]


def test_a_refusal_is_told_after_the_reading_in_a_sentence(seen):
    assert "no sharp outline was found" in seen["refusedAfter"]


def test_the_first_reading_stays_and_the_last_revision_is_beside_it(seen):
    assert seen["locked"] is False
    row = rows(seen["csv"])["p02.png"]
    assert (row["first_reading"], row["revised_reading"], row["own_percent"]) == ("B", "C", "12.5")
    assert row["first_time"] < row["revised_time"]
    assert "Your first reading: B, 12.5 %" in seen["given"]


def test_read_pictures_are_sorted_and_filtered_by_the_model(seen):
    read = ["p07.png", "p02.png"]
    assert seen["threeRead"] == read + [name for name in IN_ORDER if name not in read]
    assert seen["readOfC"] == ["p02.png"]
    assert seen["outside"] == ["p01.png", "p02.png", "p05.png", "p06.png"]


def test_agreement_is_that_of_the_evaluation(seen):
    readings = dict(zip(NAMES, "AABDADBDAB", strict=False))  # as reader.js gives them
    mine = [SCHEME.names.index(grade) for grade in readings.values()]
    its = [int(SCHEME.grade_index(ratio)) for ratio in RATIOS[: len(mine)]]
    matrix = np.zeros((4, 4))
    np.add.at(matrix, (mine, its), 1)
    assert sorted(map(tuple, seen["pairs"])) == sorted(zip(mine, its, strict=True))
    assert seen["kappa"] == pytest.approx(float(quadratic_kappa(matrix)))
    assert seen["agreement"]["Same grade"] == "6 of 10 (60 %)"
    assert seen["agreement"]["Your grade is in the model's set"] == "6 of 10 (60 %)"


def test_opening_all_answers_is_asked_and_recorded_for_good(seen):
    assert seen["refusedToShow"] is False
    assert seen["shownAll"][:2] == [True, True]
    assert seen["hiddenAgain"] is False
    after = {name for name, row in rows(seen["csv"]).items() if row["model_seen_first"] == "yes"}
    assert {name.removeprefix("'") for name in after} == {HOSTILE, "p10.png"}
    assert seen["readAfter"] == 1


def test_the_table_holds_readings_and_answers_and_no_formula(seen):
    table = rows(seen["csv"])
    assert seen["csv"].startswith("\ufeff")
    assert set(table) == {*NAMES, f"'{HOSTILE}", REFUSED}
    row = table["p02.png"]
    assert (row["reader"], row["comment"]) == ('\'+Reader, "R"', "'=cmd()\nsecond line")
    assert (row["ratio"], row["grade"], row["grades"]) == ("0.4321", "C", "C")
    assert table["p00.png"]["grades"] == "A; B"
    refused = table[REFUSED]
    assert (refused["first_reading"], refused["model_status"]) == ("cannot grade", "refused")
    assert (refused["model_reasons"], refused["ratio"]) == ("defocused", "")


def test_the_table_does_not_tell_answers_to_what_is_unread(seen):
    assert list(rows(seen["earlyTable"])) == ["p02.png", "p07.png", REFUSED]


def test_a_name_is_no_code_and_the_page_reaches_no_network(seen):
    assert seen["harmed"] is False
    assert seen["blocked"] == "img-src"


def test_readings_survive_a_reload_and_each_reader_has_their_own(seen):
    assert seen["reloaded"] == [True, "13 of 13 read"]
    assert seen["reloadedAnswer"][0] is True
    assert seen["another"] == ["0 of 13 read", False]


def test_a_reset_asks_and_takes_one_readers_readings(seen):
    assert seen["kept"] == "13 of 13 read"
    assert seen["reset"] == [True, False]
    assert seen["left_in_browser"] == ["Another"]
