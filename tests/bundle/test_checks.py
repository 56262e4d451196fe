"""A bundle whose seal is whole but that is not what it says: each lie is told."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import onnx
import pytest

from ivfgrade.bundle import checks, manifest, seal
from ivfgrade.bundle.checks import iou
from ivfgrade.bundle.decide import with_constants
from ivfgrade.bundle.manifest import Graph, Tolerance
from ivfgrade.bundle.pack import pack
from ivfgrade.errors import InputError
from tests.bundle.made import contents, graph


def refused(folder, device: str = "cpu") -> str:
    with pytest.raises(InputError) as told:
        list(checks.checked(folder, manifest.read(folder), seal.files_of(folder), device))
    return str(told.value)


def taken(content: dict) -> dict:
    return content["graphs"][0]


def first(content: dict) -> dict:
    return content["samples"][0]["expected"]["model.onnx"]


LIES: dict[str, tuple[Callable[[dict], object], str]] = {
    "grades": (lambda c: c["scheme"].update(grades=["A"]), "1 grades need 2 ascending borders"),
    "confidence": (lambda c: c["interval"].update(confidence="x"), "the confidence of interval"),
    "words": (lambda c: c["interval"].update(quantile="x"), "interval_quantile must be numbers"),
    "no list": (lambda c: c["interval"].update(scale=1), "scale of interval must be three numbers"),
    "size": (lambda c: taken(c).update(bytes=7), "bytes, the manifest says 7"),
    "opset": (lambda c: taken(c).update(opset=17), "is of opset 20, the manifest says 17"),
    "limit": (lambda c: c["refusals"][1].update(limit=0.8), "refusal_limits"),
    "side": (lambda c: c["refusals"][1].update(side="below"), "refusal_sides"),
    "border": (lambda c: c["scheme"].update(borders=[0, 0.1, 0.3, 0.5, 1]), "grade_borders"),
    "threshold": (lambda c: c["thresholds"].update(embryo=0.4), "thresholds"),
    "interval": (lambda c: c["interval"].update(quantile=3.0), "interval_quantile"),
    "no interval": (lambda c: c["interval"].pop("scale"), "no 'scale'"),
    "type": (lambda c: c["inputs"]["pixels"].update(dtype="float32"),
             "input pixels is uint8 [batch, height, width, channels], the manifest says float32"),
    "shape": (lambda c: c["outputs"]["refused"].update(shape=["batch", "6"]),
              "output refused is bool [batch, 5], the manifest says bool [batch, 6]"),
    "output": (lambda c: c["outputs"].pop("doubt"), "the manifest says absent"),
    "input": (lambda c: c["inputs"].update(more=c["inputs"]["pixels"]), "input more is absent"),
    "ratio": (lambda c: first(c)["answer"].update(ratio=0.2), "of samples/1.png it says ratio"),
    "grade": (lambda c: c["samples"][1]["expected"]["model.onnx"]["answer"].update(grade="A"),
              "of samples/2.png it says grade"),
    "reason": (lambda c: c["samples"][2]["expected"]["model.onnx"]["answer"].update(reasons=["x"]),
               "of samples/3.png it says reasons"),
    "mask": (lambda c: first(c).update(fragment_mask=first(c)["embryo_mask"]),
             "the fragments of samples/1.png overlap with"),
    "taken": (lambda c: c.update(taken="other.onnx"), "takes other.onnx, which is no promoted"),
    "unpromoted": (lambda c: taken(c).update(promoted=False), "takes model.onnx, which is no"),
    "path": (lambda c: c["samples"][0].update(picture="../../picture.png"),
             "names ../../picture.png, which is no file of the bundle"),
    "folder": (lambda c: c["samples"][0].update(picture="samples"), "names samples, which is no"),
    "no answer": (lambda c: c["samples"][0].update(expected={}), "no answer by model.onnx"),
    "no samples": (lambda c: c.update(samples=[]), "has no samples"),
}  # fmt: skip


@pytest.mark.parametrize(("lie", "words"), LIES.values(), ids=LIES)
def test_a_manifest_that_does_not_fit_is_told(changed, lie, words):
    assert words in refused(changed(lie))


def test_what_fits_is_said_line_by_line(packed):
    folder, _ = packed
    lines = list(checks.checked(folder, manifest.read(folder), seal.files_of(folder)))
    assert len(lines) == 3
    assert "answers the 3 samples as it should" in lines[1]
    assert "ms a picture (median) by CPUExecutionProvider" in lines[2]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"value": 1e-9, "machine": "a fast one"}, "; 1e-09 ms where it was made"),
        (1234.5, "; 1234 ms where it was made"),
        ({}, "CPUExecutionProvider"),
        (None, "CPUExecutionProvider"),
    ],
)
def test_the_speed_that_was_told_stands_beside_and_is_no_demand(changed, monkeypatch, told, words):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    folder = changed(lambda c: taken(c).update(measured={"latency_ms": told}))
    *_, last = checks.checked(folder, manifest.read(folder), seal.files_of(folder))
    assert last.endswith(words)


def rewritten(folder, content: bytes) -> None:
    (folder / "model.onnx").write_bytes(content)


def test_a_graph_that_reads_another_file_is_not_opened(changed):
    model = onnx.load_from_string(graph())
    tensor = next(one for one in model.graph.initializer if one.name == "grade_borders")
    onnx.external_data_helper.set_external_data(tensor, "../../secret")
    tensor.ClearField("raw_data")
    content = model.SerializeToString()
    folder = changed(lambda c: taken(c).update(bytes=len(content)))
    rewritten(folder, content)
    assert "takes grade_borders from another file" in refused(folder)


@pytest.mark.parametrize("content", [b"", b"no graph at all", graph()[:-9]])
def test_what_is_no_graph_is_told_by_its_name(changed, content):
    folder = changed(lambda c: taken(c).update(bytes=len(content)))
    rewritten(folder, content)
    assert refused(folder).startswith("model.onnx")


def test_a_graph_of_other_weights_is_found_by_its_answers(changed):
    content = graph(0.98)
    folder = changed(lambda c: taken(c).update(bytes=len(content)))
    rewritten(folder, content)
    assert "model.onnx: of samples/1.png it says ratio" in refused(folder)


def test_a_graph_that_onnx_runtime_does_not_know_is_told(changed):
    model = onnx.load_from_string(graph())
    model.graph.node[0].op_type = "NoSuchOperator"
    content = model.SerializeToString()
    folder = changed(lambda c: taken(c).update(bytes=len(content)))
    rewritten(folder, content)
    assert "model.onnx: ONNX Runtime cannot open it" in refused(folder)


def test_a_device_that_is_not_there_is_no_silent_cpu(packed, monkeypatch):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    assert "device cuda was asked for" in refused(packed[0], "cuda")
    assert "it can be auto, cpu or cuda" in refused(packed[0], "gpu")


@pytest.mark.parametrize(("off", "same"), [(0.0009, True), (0.0011, False)])
def test_a_ratio_may_differ_by_the_tolerance(changed, off, same):
    folder = changed(lambda c: first(c)["answer"].update(ratio=first(c)["answer"]["ratio"] + off))
    if same:
        assert list(checks.checked(folder, manifest.read(folder), seal.files_of(folder)))
    else:
        assert "says ratio" in refused(folder)


def test_a_number_on_a_border_may_have_either_grade():
    expected = {"ratio": 0.2500004, "grade": "C"}
    found = {"ratio": 0.2499996, "grade": "B"}
    differs = checks._difference
    assert differs(found, expected, 0.001, (0.1, 0.25)) == ""
    assert differs(found, expected, 0.001, (0.1, 0.26)) == "grade B, expected is C"


def test_masks_overlap():
    one, other = np.zeros((2, 4), bool), np.zeros((2, 4), bool)
    assert iou(one, other) == 1
    one[0, :2], other[0, 1:4] = True, True
    assert iou(one, other) == 1 / 4


def variants(folder, **of_int8):
    """fp32, and an int8 that answers otherwise."""
    made, other = contents(folder / "pictures"), graph(0.9)
    small = Graph("small.onnx", "int8", 20, len(other), True, "", {}, **of_int8)
    whole = replace(made.manifest, graphs=(*made.manifest.graphs, small))
    return replace(made, manifest=whole, graphs={**made.graphs, "small.onnx": other})


def test_each_promoted_graph_is_held_to_its_own_answers(tmp_path):
    pack(tmp_path / "both", variants(tmp_path))
    found = manifest.read(tmp_path / "both")
    expected = found.samples[1].expected
    assert expected["small.onnx"].answer["ratio"] < expected["model.onnx"].answer["ratio"] - 0.01
    lines = list(checks.checked(tmp_path / "both", found, seal.files_of(tmp_path / "both")))
    assert [line.split(":")[0] for line in lines[1:]] == ["model.onnx"] * 2 + ["small.onnx"] * 2


def test_a_graph_may_have_a_tolerance_of_its_own(tmp_path):
    pack(tmp_path / "both", variants(tmp_path, tolerance=Tolerance(0.05, 0.5)))
    found = manifest.read(tmp_path / "both")
    assert [found.tolerance_of(one).ratio for one in found.graphs] == [0.001, 0.05]
    content = graph(0.88)  # what another machine makes of int8
    (tmp_path / "both" / "small.onnx").write_bytes(content)
    assert list(checks.checked(tmp_path / "both", found, seal.files_of(tmp_path / "both")))
    graphs = tuple(replace(one, tolerance=None) for one in found.graphs)
    with pytest.raises(InputError, match="small.onnx: of samples/1.png it says ratio"):
        list(checks.checked(tmp_path / "both", replace(found, graphs=graphs),
                            seal.files_of(tmp_path / "both")))  # fmt: skip


def test_numbers_of_a_recalibrated_graph_must_be_told(changed):
    model = onnx.load_from_string(graph())
    with_constants(model, {"interval_quantile": np.array(2.5)})
    content = model.SerializeToString(deterministic=True)
    folder = changed(lambda c: taken(c).update(bytes=len(content)))
    rewritten(folder, content)
    assert "interval_quantile is [2.5], the manifest says 2.0" in refused(folder)
