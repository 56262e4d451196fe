"""Smaller graphs of the real network, narrow: same contract, same constants, nearly same answers;
and the verdict on them by hand."""

import numpy as np
import pandas as pd
import pytest
from onnx import ModelProto, TensorProto, numpy_helper

from ivfgrade.bundle import variants
from ivfgrade.bundle.decide import with_constants
from ivfgrade.bundle.deployable import to_graph
from ivfgrade.bundle.losses import verdict
from ivfgrade.bundle.params import Limits
from ivfgrade.bundle.ports import CONSTANTS, FOCUS
from ivfgrade.bundle.session import open_graph
from ivfgrade.bundle.variants import MAKE, large_layers
from tests.bundle.made import SCHEME
from tests.bundle.test_deployable import made, pictures
from tests.narrow import make_narrow

LIMITS = Limits(dice=0.01, mae=0.005, refused=0.02)


@pytest.fixture(scope="module")
def full():
    with pytest.MonkeyPatch.context() as patch:
        make_narrow(patch)
        patch.setattr(variants, "SMALL", 1000)  # its layers are narrow, too
        yield to_graph(made("single"), SCHEME, 20)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_a_variant_has_the_same_contract_constants_and_nearly_the_same_answers(full, precision):
    small = MAKE[precision](full, iter(pictures()))
    stored = [{one.name: one for one in model.graph.initializer} for model in (full, small)]
    for name in CONSTANTS:  # a site changes them by name, the verifier compares them
        one, other = (numpy_helper.to_array(those[name]) for those in stored)
        assert np.array_equal(one, other), name
    before, after = (open_graph(model.SerializeToString(), "cpu") for model in (full, small))
    assert [(o.name, o.type, o.shape) for o in before.get_outputs()] == [
        (o.name, o.type, o.shape) for o in after.get_outputs()
    ]
    for picture in pictures():
        one, other = (
            session.run(["ratio"], {"pixels": picture[None]})[0] for session in (before, after)
        )
        assert one == pytest.approx(other, abs=0.03)


def test_int8_reaches_every_large_layer(full):
    """Were one left out, as where its weights are turned first, most of the gain would be lost."""
    names = set(large_layers(full))
    assert len(names) > 50
    held = {node.input[1] for node in full.graph.node if node.name in names}
    of_network = [node for node in full.graph.node if node.name.startswith("network/")]
    turned = [node.name for node in of_network if node.op_type in ("Conv", "MatMul", "Gemm")
              and node.input[1] not in {one.name for one in full.graph.initializer}]  # fmt: skip
    assert len(turned) <= 1  # the ones map of the injection is no weight
    small = MAKE["int8"](full, iter(pictures()))
    wide = {one.name for one in small.graph.initializer if one.data_type == TensorProto.FLOAT}
    assert not held & wide


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_clues_of_defects_survive_rounding(full, precision):
    """Squares of small changes of brightness would be 0 in half precision."""
    flat = [np.clip(120 + 0.02 * (one.astype(float) - 120), 0, 255).astype(np.uint8)
            for one in pictures()]  # fmt: skip
    weighing = ModelProto.FromString(full.SerializeToString())
    with_constants(weighing, {"defocus_weight": np.full(FOCUS, 1 / FOCUS)})
    small = MAKE[precision](weighing, iter(flat))
    sessions = [open_graph(model.SerializeToString(), "cpu") for model in (weighing, small)]
    for picture in flat:
        one, other = (by.run(["measured"], {"pixels": picture[None]})[0] for by in sessions)
        assert abs(one[0, 0]) > 1
        assert one[0, 0] == pytest.approx(other[0, 0], abs=0.02)


def test_a_graph_is_not_changed_by_its_variants(full):
    before = full.SerializeToString(deterministic=True)
    MAKE["fp16"](full, iter(()))
    assert ModelProto.FromString(before).SerializeToString(deterministic=True) == before
    assert full.SerializeToString(deterministic=True) == before


def table(dice: list[float], error: list[float], refuses: bool = False) -> pd.DataFrame:
    """fp32 has Dice 0.5 and error 0.1 on each picture and takes 0.4 s."""
    lines = []
    for image, (own_dice, own_error) in enumerate(zip(dice, error, strict=True)):
        common = {"image": image, "ratio": 0.2, "refused": False}
        lines.append({**common, "variant": "fp32", "dice": 0.5, "error": 0.1, "seconds": 0.4})
        own = {"dice": own_dice, "error": own_error, "refused": refuses and image == 1}
        lines.append({**common, "variant": "int8", **own, "seconds": 0.1, "ratio": 0.23})
    return pd.DataFrame(lines)


@pytest.mark.parametrize(
    ("dice", "error", "why"),
    [
        ([0.49, 0.50], [0.10, 0.11], ""),
        ([0.47, 0.50], [0.10, 0.10], "Dice is worse by 0.0150, 0.01 is allowed"),
        ([0.50, 0.50], [0.10, 0.12], "mean absolute error is worse by 0.0100, 0.005 is allowed"),
        ([0.60, 0.60], [0.05, 0.05], ""),
        ([np.nan, np.nan], [0.10, 0.10], "Dice is worse by nan"),
    ],
)
def test_a_variant_may_lose_so_much_and_no_more(dice, error, why):
    found = verdict(table(dice, error), "int8", 55.0, LIMITS)
    assert found.promoted == (not why)
    assert why in found.why
    assert found.measured["times_fp32_rate"] == pytest.approx(4.0)
    assert found.measured["largest_ratio_difference"] == pytest.approx(0.03)
    assert found.measured["refused_differently"] == 0.0
    assert found.measured["megabytes"] == 55.0


def test_a_variant_that_refuses_otherwise_may_not_be_used():
    found = verdict(table([0.5, 0.5], [0.1, 0.1], refuses=True), "int8", 55.0, LIMITS)
    assert not found.promoted
    assert found.measured["refused_differently"] == 0.5
    assert "refuses otherwise is worse by 0.5000, 0.02 is allowed" in found.why
