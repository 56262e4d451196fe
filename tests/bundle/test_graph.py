"""From raw pixels to the answer: the graph against the library's own geometry and arithmetic."""

import numpy as np
import onnxruntime
import pytest
from onnx import ModelProto

from ivfgrade.bundle.decide import with_constants
from ivfgrade.bundle.graph import whole, with_clues
from ivfgrade.bundle.ports import CLUES, MAPS, OUTPUTS
from ivfgrade.dataset.letterbox import pad_image, place, unpad_map, valid
from tests.bundle.made import CONSTANTS, RULE, SCHEME, SIZE, brightness


@pytest.fixture(scope="module")
def model() -> ModelProto:
    return whole(brightness(), SIZE, CONSTANTS)


@pytest.fixture(scope="module")
def run(model):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return lambda pixels: dict(
        zip(OUTPUTS, session.run(list(OUTPUTS), {"pixels": pixels}), strict=True)
    )


def by_hand(picture: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Ratio, and both probabilities at the picture's own size."""
    where = place(*picture.shape[:2], SIZE)
    square = pad_image(picture, where).astype(np.float32) / 255
    inside = valid(where).astype(np.float32)
    fragment = square.mean(-1) * inside
    maps = unpad_map(fragment, where), unpad_map(inside, where)
    return float(fragment.sum() / inside.sum()), *maps


SHAPES = [(64, 64), (50, 80), (37, 53), (299, 211), (500, 40), (3, 200), (1, 1), (128, 128)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_of_any_size_is_answered_as_the_library_answers_it(run, shape):
    picture = np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 3), dtype=np.uint8)
    found, (ratio, fragment, embryo) = run(picture[None]), by_hand(picture)
    assert found["ratio"][0] == pytest.approx(ratio, abs=2e-3)  # a grey level at most
    assert found["fragment_probability"][0] == pytest.approx(fragment, abs=1.1 / 255)
    assert found["embryo_probability"][0] == pytest.approx(embryo, abs=1e-4)
    assert all(found[name].shape == (1, *shape) for name in MAPS)
    sure = np.abs(fragment - 0.5) > 1.1 / 255
    assert np.array_equal(found["fragment_mask"][0][sure], (fragment >= 0.5)[sure])


def test_grey_is_colour_thrice(run):
    grey = np.random.default_rng(0).integers(0, 256, (2, 40, 70, 1), dtype=np.uint8)
    for name, one, three in (
        (name, run(grey)[name], run(np.repeat(grey, 3, -1))[name]) for name in OUTPUTS
    ):
        assert np.array_equal(one, three), name


def test_a_batch_is_its_pictures_one_by_one(run):
    pictures = np.random.default_rng(1).integers(0, 256, (3, 40, 70, 3), dtype=np.uint8)
    together = run(pictures)
    for number, picture in enumerate(pictures):
        for name, value in run(picture[None]).items():
            assert together[name][number] == pytest.approx(value[0], abs=1e-6), name


@pytest.mark.parametrize("level", [0, 20, 26, 60, 64, 127, 130, 255])
def test_interval_grades_and_refusals_are_those_of_the_rules(run, level):
    found = run(np.full((1, 40, 40, 3), level, np.uint8))
    ratio = found["ratio"].astype(float)
    low, high = RULE.interval(ratio, found["direct"], found["soft"], found["doubt"])
    assert found["ratio_low"] == pytest.approx(low, abs=1e-6)
    assert found["ratio_high"] == pytest.approx(high, abs=1e-6)
    for name, value in (("grade", ratio), ("grade_low", low), ("grade_high", high)):
        assert found[name] == SCHEME.grade_index(value), name
    expected = [
        ratio + 0.25,
        0.75 * ratio + 0.125,
        ratio,
        ratio,
        ratio,
    ]  # probes, then what is seen
    assert found["measured"][0] == pytest.approx(np.concatenate(expected), abs=1e-6)
    sides, limits = CONSTANTS["refusal_sides"], CONSTANTS["refusal_limits"]
    assert np.array_equal(found["refused"], found["measured"] * sides > limits * sides)


def test_what_the_network_cannot_tell_is_refused_on_either_side():
    """NaN is neither above a limit nor below it: without care it would pass as grade A."""
    lost = whole(brightness(float("nan")), SIZE, CONSTANTS).SerializeToString()
    session = onnxruntime.InferenceSession(lost, providers=["CPUExecutionProvider"])
    (refused,) = session.run(["refused"], {"pixels": np.full((1, 40, 40, 3), 100, np.uint8)})
    assert refused.all()


def test_a_site_changes_the_interval_by_name_and_nothing_else(model):
    changed = ModelProto.FromString(model.SerializeToString())
    with_constants(changed, {"interval_quantile": np.array(4.0)})
    first, second = (
        onnxruntime.InferenceSession(one.SerializeToString(), providers=["CPUExecutionProvider"])
        for one in (model, changed)
    )
    picture = {"pixels": np.full((1, 40, 40, 3), 100, np.uint8)}
    before, after = (
        dict(zip(OUTPUTS, session.run(list(OUTPUTS), picture), strict=True))
        for session in (first, second)
    )
    half = before["ratio_high"] - before["ratio"]
    assert after["ratio_high"] - after["ratio"] == pytest.approx(2 * half, rel=1e-4)
    unchanged = set(OUTPUTS) - {"ratio_low", "ratio_high", "grade_low", "grade_high"}
    assert all(np.array_equal(before[name], after[name]) for name in unchanged)


def test_clues_of_defects_are_told_on_request_and_change_no_answer(model, run):
    with_them = onnxruntime.InferenceSession(
        with_clues(model, 2).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    pixels = np.full((1, 40, 40, 3), 100, np.uint8)
    found = with_them.run([*OUTPUTS, *CLUES], {"pixels": pixels})
    named = dict(zip([*OUTPUTS, *CLUES], found, strict=True))
    for name, value in run(pixels).items():
        assert np.array_equal(named[name], value), name
    evidence = named["pooled"] @ CONSTANTS["several_weight"] + CONSTANTS["several_bias"]
    assert named["measured"][:, 1] == pytest.approx(evidence, abs=1e-6)
