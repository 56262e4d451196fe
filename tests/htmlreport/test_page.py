import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ivfgrade.htmlreport.banner import MACHINERY, RESEARCH
from ivfgrade.htmlreport.sources import Folders
from ivfgrade.htmlreport.write import SCRIPTS, write_page
from tests.htmlreport.drawn import HOSTILE, NAMES, SCHEME, write_comparison, write_study

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
    write_page(folders, SCHEME, "synthetic", "ivfgrade", out)
    return out.read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> str:
    folders = write_study(tmp_path_factory.mktemp("study"))
    write_comparison(folders.comparison, machinery_only=False)
    stage = {"stage": "learn@A", "key": "ab12" * 16, "commit": "c0ffee", "seconds": 3.2}
    path = folders.provenance / "experiments" / "A.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(stage))
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


def test_a_hostile_name_stays_text(whole):
    page = Reader(whole)
    assert len([t for t, _ in page.elements if t == "script"]) == 2  # the data and the code
    data = json.loads(page.part("application/json"))
    assert sorted(image["name"] for image in data["images"]) == sorted(NAMES)
    marked = [a["data-image"] for _, a in page.elements if "data-image" in a]
    assert HOSTILE in marked
    assert "<script>alert" not in whole
    assert "<b>gate</b>" not in whole
    assert "x &lt; y" in whole.lower()


def test_images_and_drawings_have_names(whole):
    pictures = [a for tag, a in Reader(whole).elements if tag == "img"]
    assert pictures
    assert all(picture.get("alt") for picture in pictures)


def test_quick_results_say_what_they_prove(folders):
    write_comparison(folders.comparison, machinery_only=True)
    text = made(folders).replace("&#39;", "'")
    assert MACHINERY in text
    assert RESEARCH in text


def test_quick_images_beside_verdicts_of_other_trials_are_told_apart(whole):
    text = whole.replace("&#39;", "'")
    assert MACHINERY not in text
    assert "The images and curves below are of a quick run" in text


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


def test_a_small_study_makes_a_small_page(whole):
    assert len(whole) < MAX_BYTES


def test_no_script_can_end_its_element():
    page = Path(__file__).parents[2] / "src/ivfgrade/htmlreport/page"
    for name in (*SCRIPTS, "style.css"):
        text = (page / name).read_text()
        assert "</" not in text
        assert "innerHTML" not in text
