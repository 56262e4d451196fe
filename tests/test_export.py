import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from ivfgrade.errors import InputError
from ivfgrade.export import INPUTS, OUTPUTS, GradingGraph, Parity, parity, to_onnx
from ivfgrade.fragmentation.calibration import Calibration
from ivfgrade.fragmentation.model import build
from ivfgrade.fragmentation.spec import ModelSpec

SIZE = 33
CALIBRATION = Calibration(
    mask_threshold=0.3,
    temperature=1.7,
    offset=-0.3,
    intercept=0.02,
    weight_direct=0.4,
    weight_soft=0.7,
    images=9,
)
SPEC = ModelSpec(
    gate="attention",
    gate_bias=2.0,
    aspp_rates=(2, 4),
    aspp_dropout=0.5,
    head="multi_scale",
    head_dropout=0.3,
    injection="concat",
    detach_injection=True,
)


@pytest.fixture(scope="module")
def graph() -> GradingGraph:
    torch.manual_seed(0)
    model = build(SPEC)
    nn.init.normal_(model.injection.weight, std=0.02)
    nn.init.normal_(model.head.output.weight, std=0.05)
    return GradingGraph(model, CALIBRATION, "fused")


@pytest.fixture(scope="module")
def content(graph) -> bytes:
    return to_onnx(graph, SIZE, 20, {"data_digest": "abc", "mask_thresholds": {"fragment": 0.3}})


@pytest.fixture(scope="module")
def embryos() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    image, valid = torch.rand(4, 3, SIZE, SIZE, generator=generator), torch.ones(4, 1, SIZE, SIZE)
    valid[0, :, 25:] = 0
    valid[1, :, :, :10] = 0
    return image * valid, valid


def test_graph_agrees_with_calibration(graph, embryos):
    image, valid = embryos
    with torch.inference_mode():
        answer = graph(image, valid)
        logits = graph.model(image, valid).mask_logits
    direct, soft = answer.ratio_direct.numpy(), answer.ratio_soft.numpy()
    assert answer.ratio.numpy() == pytest.approx(CALIBRATION.fuse(direct, soft), abs=1e-6)
    embryo = torch.sigmoid(logits[:, 1]).numpy() * valid[:, 0].numpy()
    calibrated = CALIBRATION.probability(logits[:, 0].numpy())
    by_hand = (calibrated * embryo).sum((1, 2)) / embryo.sum((1, 2))
    assert soft == pytest.approx(by_hand, rel=1e-5)


def test_direct_recipe_reports_the_direct_ratio(graph, embryos):
    answer = GradingGraph(graph.model, CALIBRATION, "direct")(*embryos)
    assert torch.equal(answer.ratio, answer.ratio_direct)


def test_onnx_runtime_agrees_at_batch_1_and_3(graph, content, embryos):
    result = parity(content, graph, *embryos)
    assert set(result.differences) == {"batch_1", "batch_3"}
    assert result.worst < 1e-4
    assert result.images == 4
    result.require(1e-4)


def test_parity_sees_another_network(content, embryos):
    other = GradingGraph(build(SPEC), CALIBRATION, "fused")
    result = parity(content, other, *embryos)
    with pytest.raises(InputError, match="differ by .* no model was written"):
        result.require(1e-4)


def test_not_a_number_is_no_agreement():
    with pytest.raises(InputError, match="differ by nan"):
        Parity({"batch_1": {"ratio": float("nan")}}, 1, ()).require(1e-4)
    with pytest.raises(InputError, match="differ by nan in ratio at batch_3"):
        Parity({"batch_1": {"ratio": 0.0}, "batch_3": {"ratio": float("nan")}}, 1, ()).require(1)


def test_file_describes_itself_and_nothing_of_this_machine(content):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    facts = {k: json.loads(v) for k, v in session.get_modelmeta().custom_metadata_map.items()}
    assert facts["data_digest"] == "abc"
    assert (facts["size"], facts["opset"]) == (SIZE, 20)
    assert facts["mask_thresholds"] == {"fragment": 0.3}
    assert facts["calibration"]["temperature"] == 1.7
    assert facts["inputs"] == INPUTS
    assert {i.name: i.shape for i in session.get_inputs()} == {
        "image": ["batch", 3, SIZE, SIZE],
        "valid": ["batch", 1, SIZE, SIZE],
    }
    assert [o.name for o in session.get_outputs()] == list(OUTPUTS)
    proto = onnx.load_from_string(content)
    assert proto.opset_import[0].version == 20
    for weights in proto.graph.initializer:
        weights.ClearField("raw_data")  # random bytes can spell anything
    assert b".py" not in proto.SerializeToString()


def test_padding_cannot_be_seen_in_any_ratio(content, embryos):
    image, valid = (tensor.numpy() for tensor in embryos)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    noise = np.random.default_rng(0).random(image.shape, np.float32)
    names = ["ratio", "ratio_direct", "ratio_soft"]
    clean = session.run(names, {"image": image, "valid": valid})
    noisy = session.run(names, {"image": image + noise * (1 - valid), "valid": valid})
    for one, other in zip(clean, noisy, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
