"""A folder that someone forged, or that is not one's own: told in a line, and nothing is lost."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from ivfgrade.bundle import seal
from ivfgrade.cli import app
from ivfgrade.errors import InputError, printable
from ivfgrade.prediction.folder import settings_in
from ivfgrade.prediction.journal import FILE, records
from ivfgrade.prediction.opened import open_bundle
from tests.bundle.made import graph, picture


def said(*arguments: object) -> str:
    """Of a command that refuses."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    return result.output.splitlines()[-1]


@pytest.fixture
def forged(packed, tmp_path):
    """A copy with a seal of its own, after its manifest and graph were changed."""

    def forge(how, model: bytes | None = None):
        folder = shutil.copytree(packed, tmp_path / "forged")
        path = folder / "manifest.json"
        content = json.loads(path.read_text())
        how(content)
        path.write_text(json.dumps(content))
        if model is not None:
            (folder / "model.onnx").write_bytes(model)
        seal.seal(folder)
        return folder

    return forge


def renamed(content: dict) -> None:
    """Takes a graph that lies outside."""
    content["taken"] = content["graphs"][0]["file"] = "../elsewhere.onnx"
    for sample in content["samples"]:
        sample["expected"] = {"../elsewhere.onnx": sample["expected"]["model.onnx"]}


def test_a_graph_outside_the_bundle_is_not_run(forged, tmp_path):
    (tmp_path / "elsewhere.onnx").write_bytes(graph())
    with pytest.raises(InputError, match=r"names \.\./elsewhere\.onnx, which is no file of"):
        open_bundle(forged(renamed), "cpu")


def test_another_graph_is_not_run(forged):
    with pytest.raises(InputError, match="the manifest says"):
        open_bundle(forged(dict, graph()[:100]), "cpu")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (lambda c: c["interval"].clear(), "the confidence of interval"),
        (lambda c: c["scheme"].update(grades=["A", "B"]), "2 grades need 3 ascending borders"),
        (lambda c: c["thresholds"].update(fragment=10**400), "too large a number"),
        (lambda c: c.update(graphs=[]), "which is no promoted graph"),
    ],
)
def test_a_manifest_that_means_nothing_is_told_before_any_picture(
    forged, album, tmp_path, how, told
):
    assert told in said("predict", forged(how), album, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_manifest_that_is_nested_without_end_is_told(forged):
    folder = forged(dict)
    (folder / "manifest.json").write_text("[" * 100_000)
    seal.seal(folder)
    with pytest.raises(InputError, match=r"manifest\.json cannot be read"):
        open_bundle(folder, "cpu")


def test_answers_do_not_go_into_the_bundle(packed, album):
    for out in (packed, packed / "answers"):
        assert "lies in the bundle" in said("predict", packed, album, "--out", out)
    assert seal.check(packed)


@pytest.mark.parametrize("size", ["0", "nan", "1e308", "1e-300"])
def test_no_pixel_has_such_a_size(packed, album, tmp_path, size):
    out = tmp_path / "out"
    told = said("predict", packed, album, "--out", out, "--um-per-px", size)
    assert "a pixel has 0.001 to 100 micrometres" in told


@pytest.mark.parametrize("content", ["{", "[]", "5", "{}"])
def test_settings_that_are_none_are_named(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json .*predict into a new folder"):
        settings_in(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [{"file": 5}, {"status": "unreadable"}, {"mask": "../x.png"}, {"mask": "masks/../../x"},
     {"overlay": "/x.png"}],
)  # fmt: skip
def test_a_line_that_would_lead_elsewhere_is_no_answer(tmp_path, wrong):
    whole = {"file": "/a.png", "bytes": 1, "changed_ns": 1, "status": "graded"}
    (tmp_path / FILE).write_text(json.dumps({**whole, **wrong}) + "\n")
    with pytest.raises(InputError, match="line 1 is no answer"):
        list(records(tmp_path / FILE))


def test_a_page_replaces_no_answers_and_no_picture(packed, album, tmp_path):
    out = tmp_path / "out"
    begun = CliRunner().invoke(app, ["predict", str(packed), str(album), "--out", str(out)])
    assert begun.exit_code == 0
    kept = picture(tmp_path / "kept.png", 9)
    for path in (out / FILE, kept, album):
        before = path.read_bytes() if path.is_file() else None
        assert "is there and is no page" in said("read", out, "--out", path)
        assert before is None or path.read_bytes() == before
    for _ in range(2):  # a page may be written anew
        assert CliRunner().invoke(app, ["read", str(out)]).exit_code == 0


def test_a_name_cannot_break_the_line_or_move_the_cursor():
    assert printable("a\nb\x1b[31m\udcff é") == "a\\nb\\x1b[31m\\udcff é"
