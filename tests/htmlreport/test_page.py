import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ivfgrade.htmlreport.banner import MACHINERY, RESEARCH
from ivfgrade.htmlreport.sources import Folders
from ivfgrade.htmlreport.write import SCRIPTS, write_page
from tests.htmlreport.drawn import (
    COUNT,
    NAMES,
    OLD_ROW,
    PATIENTS,
    ROWS,
    SCHEME,
    write_comparison,
    write_focus,
    write_study,
)

MAX_BYTES = 500_000
LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


class Reader(HTMLParser):
    """Elements, the attributes of each, and the text of the scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] in ("script", "style") and self.cdata_elem:
            self.raw.append((self.elements[-1][1].get("type") or self.elements[-1][0], data))

    def part(self, kind: str) -> str:
        return "".join(data for name, data in self.raw if name == kind)


def made(folders: Folders, name: str = "index.html") -> str:
    out = folders.data.parent / name
    write_page(folders, ROWS, SCHEME, "synthetic", "ivfgrade", out)
    return out.read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> str:
    folders = write_study(tmp_path_factory.mktemp("study"))
    write_comparison(folders.comparison, machinery_only=False)
    stage = {"stage": "learn@A", "key": "ab12" * 16, "commit": "c0ffee", "seconds": 3.2}
    for row in ("A", OLD_ROW):
        path = folders.provenance / "experiments" / f"{row}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(stage))
    write_focus(folders.focus, "F", "the map stays the same")
    write_focus(folders.focus, OLD_ROW, "the map changes")
    return made(folders)


def test_equal_inputs_give_equal_bytes(folders):
    write_comparison(folders.comparison, machinery_only=True)
    assert made(folders, "one.html") == made(folders, "two.html")


def test_nothing_is_loaded_from_anywhere(whole):
    for tag, attributes in Reader(whole).elements:
        if LOADED.get(tag) in attributes:
            assert attributes[LOADED[tag]].startswith("data:")
        assert not {"style", "onclick", "onload", "srcset"} & set(attributes)
    css = Reader(whole).part("style")
    assert css
    assert not re.search(r"url\(|@import|https?:", css)


def test_addresses_that_can_be_followed_are_the_page_itself_or_mlflow(whole):
    links = [a["href"] for tag, a in Reader(whole).elements if tag == "a"]
    outside = [link for link in links if not link.startswith("#")]
    assert outside
    assert all(link.startswith("http://127.0.0.1:5000/#/") for link in outside)
    assert any("ab12" in link for link in outside)  # the training's run


def test_the_browser_allows_the_very_script_of_the_page_and_no_network(whole):
    page = Reader(whole)
    policy = next(a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a)
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.part(kind).encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_hostile_text_stays_text(whole):
    page = Reader(whole)
    assert len([t for t, _ in page.elements if t == "script"]) == 2  # the data and the code
    data = json.loads(page.part("application/json"))
    assert any("<script>" in image["stage"] for image in data["images"])
    assert "<script>alert" not in whole
    assert "<b>gate</b>" not in whole
    assert "x &lt; y" in whole.lower()


def test_nobody_is_named(whole):
    """Images are cases; who they are of, and how their files are called, stays where it was."""
    page = Reader(whole)
    data = json.loads(page.part("application/json"))
    assert sorted(image["case"] for image in data["images"]) == list(range(1, COUNT + 1))
    assert not {"name", "image", "patient", "site"} & set().union(*data["images"])
    assert {a["data-case"] for _, a in page.elements if "data-case" in a}
    for name in ("Muster", "Erika", *NAMES[1:], *PATIENTS):
        assert name not in whole


def test_a_row_that_was_taken_out_of_the_table_is_nowhere(whole):
    told = re.findall(r'<th scope="row">([^<]*)', whole)
    assert {"A", "F"} <= set(told)
    assert not [text for text in told if text == OLD_ROW or text.endswith(f"/{OLD_ROW}")]


def test_images_and_drawings_have_names(whole):
    pictures = [a for tag, a in Reader(whole).elements if tag == "img"]
    assert pictures
    assert all(picture.get("alt") for picture in pictures)


def test_quick_results_say_what_they_prove(folders):
    write_comparison(folders.comparison, machinery_only=True)
    text = made(folders)
    assert 'class="warnings quick"' in text
    assert MACHINERY not in text  # the comparison says it in its own words
    assert "A caution." in text
    assert RESEARCH in text
    assert MACHINERY in made(replace(folders, comparison=None))


def test_quick_images_beside_verdicts_of_other_trials_are_told_apart(whole):
    text = whole.replace("&#39;", "'")
    assert MACHINERY not in text
    assert "The images and curves below are of trainings that prove the machinery only" in text


def test_what_is_missing_is_left_out_with_a_sentence(folders):
    bare = made(Folders(folders.data, folders.experiments))
    for part in ("Table 1", "The claims ledger", "Texture", "Heat maps", "Stages"):
        assert re.search(rf"{part} left out: .*\bit\b", bare)
    for name in ("A", "F"):
        (folders.experiments / name / "outlines.npz").unlink()
        (folders.experiments / name / "history.csv").unlink()
    (folders.experiments / "B2" / "history.csv").unlink()
    barest = made(Folders(folders.data, folders.experiments))
    assert "The grid of outlines left out" in barest
    assert "Learning curves left out" in barest


def test_the_paper_s_number_stands_beside_ours(whole):
    row = re.search(r'<th scope="row">A<small>.*?</tr>', whole, re.S)[0]
    assert [n for n in ("0.729", "0.700", "0.650 to 0.750") if n not in row] == []


def test_the_paper_s_error_stands_beside_the_direct_one(whole):
    row = re.search(r'<th scope="row">A<small>.*?</tr>', whole, re.S)[0]
    after = row[row.index("0.049") :]
    assert after.index("0.111") < after.index("<svg") < after.index("0.222")


def test_levels_are_written_without_a_sign_and_differences_with_one(whole):
    assert "<b>0.620</b>" in whole
    assert "<b>+0.0100</b>" in whole


def test_what_row_f_was_held_against_is_told_apart(whole):
    said = "not shown (shown against C direct; not shown against C with phase 2 direct)"
    assert f"<dd>{said}</dd>" in whole
    assert "<b>Not shown.</b> Against C with phase 2: w." in whole


def test_a_step_shows_what_it_brought_on_validation(whole):
    assert "On validation: Dice \u22120.039 " in whole
    assert whole.count("On validation:") == 1  # a step that stands on none has no gain
    assert '<th class="number" scope="col">Dice, F \u2212 A for longer</th>' in whole
    assert "better point estimate than F" in whole
    assert "C with phase 2 (Dice \u22120.039, \u22120.084 to \u22120.005)." in whole


def test_what_a_claim_rests_on_is_told_only_where_the_ledger_does(whole):
    told = re.findall(r'<small class="remark">(.*?)</small>', whole)
    by, footing = "By a small network; images: 9 of A.", "epochs: A 20, C with phase 2 40"
    remark = "On validation C with phase 2 is better."
    assert told == [by, remark, f"Not on equal footing: {footing}."]


def test_a_map_that_fails_its_control_is_said_to(whole):
    assert '<b class="wrong">fails: the map stays the same</b>' in whole
    assert "The Grad-CAM++ map of row F fails its control" in whole


def test_a_small_study_makes_a_small_page(whole):
    assert len(whole) < MAX_BYTES


def test_no_script_can_end_its_element():
    page = Path(__file__).parents[2] / "src/ivfgrade/htmlreport/page"
    for name in (*SCRIPTS, "style.css"):
        text = (page / name).read_text()
        assert "</" not in text
        assert "innerHTML" not in text


def test_how_many_images_were_asked_stands_above_the_other_notes(whole):
    listed = whole.split("How to read it")[1].split("</ul>")[0]
    told = re.findall(r"<li>(.*?)</li>", listed)
    assert told[:2] == ["Test patients: 9 images of 3 patients.", "A note."]
