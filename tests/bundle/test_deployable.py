"""The real network, narrow, from raw pixels: graph and PyTorch agree, alone and as a pair."""

from collections.abc import Iterator

import numpy as np
import onnxruntime
import pytest
import torch

from ivfgrade.bundle.deployable import Deployable, to_graph
from ivfgrade.bundle.network import Dual, Single
from ivfgrade.bundle.params import Alike
from ivfgrade.bundle.parity import Same, by_python, same
from ivfgrade.bundle.session import open_graph
from ivfgrade.errors import InputError
from ivfgrade.export import GradingGraph
from ivfgrade.fragmentation.calibration import Calibration
from ivfgrade.fragmentation.model import build
from ivfgrade.fragmentation.spec import Regressor, Segmenter, model_spec
from tests.bundle.made import SCHEME
from tests.narrow import make_narrow

SIZE = 64
SHAPES = [(64, 64), (50, 90), (120, 70), (33, 200)]


def graph(seed: int, reported: str) -> GradingGraph:
    torch.manual_seed(seed)
    segmenter = Segmenter(gate="attention", gate_bias=0.0, aspp_rates=(2, 4, 6), aspp_dropout=0.0)
    regressor = Regressor("multi_scale", 0.0, "concat", True)
    network = build(model_spec(segmenter, regressor)).eval()
    torch.nn.init.normal_(network.head.output.weight, std=0.1)  # zeros would tell all alike
    calibration = Calibration(0.5, 1.5, -0.2, 0.05, 0.3, 0.6, 10)
    return GradingGraph(network, calibration, reported)


def made(strategy: str) -> Deployable:
    one = graph(0, "fused")
    network = Single(one) if strategy == "single" else Dual(one, graph(1, "direct"))
    return Deployable(network.eval(), strategy, 0.5, SIZE)


def opened(network: Deployable) -> onnxruntime.InferenceSession:
    return open_graph(to_graph(network, SCHEME, 20).SerializeToString(), "cpu")


@pytest.fixture(scope="module")
def single() -> Iterator[tuple[Deployable, onnxruntime.InferenceSession]]:
    with pytest.MonkeyPatch.context() as patch:
        make_narrow(patch)
        network = made("single")
        yield network, opened(network)


def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in SHAPES]


def masks_apart(network: Deployable, session: onnxruntime.InferenceSession) -> list[float]:
    """Of each picture, the share of pixels in which a mask of fragments or embryo differs."""
    shares = []
    for picture in pictures():
        masks = session.run(["fragment_mask", "embryo_mask"], {"pixels": picture[None]})
        _, *expected = by_python(network, picture)
        pairs = zip(masks, expected, strict=True)
        shares += [float(np.mean(mask[0] != other)) for mask, other in pairs]
    return shares


def test_the_graph_answers_raw_pictures_as_pytorch_does(single):
    network, session = single
    found = same(session, network, pictures())
    assert found.images == len(SHAPES)
    assert found.ratio < 1e-3
    assert max(masks_apart(network, session)) < 0.02  # untrained: probabilities crowd at 1/2


@pytest.mark.parametrize("level", [0, 255])
def test_an_empty_picture_has_measures_that_are_numbers(single, level):
    """Exporters take x + 1e-9 for x, and then the logarithm of nothing is none."""
    _, session = single
    for name in ("measured", "ratio", "ratio_low", "ratio_high"):
        (found,) = session.run([name], {"pixels": np.full((1, 40, 50, 3), level, np.uint8)})
        assert np.isfinite(found).all(), name


@pytest.mark.slow
def test_of_a_pair_one_draws_and_the_other_grades(single):
    pair = made("dual")
    session = opened(pair)
    assert same(session, pair, pictures()).ratio < 1e-3
    assert max(masks_apart(pair, session)) < 0.02
    names, feed = (
        ["fragment_probability", "soft", "direct", "ratio"],
        {"pixels": pictures()[0][None]},
    )
    one, both = (dict(zip(names, by.run(names, feed), strict=True)) for by in (single[1], session))
    assert np.allclose(one["fragment_probability"], both["fragment_probability"], atol=1e-6)
    assert np.allclose(one["soft"], both["soft"], atol=1e-6)
    assert not np.allclose(one["direct"], both["direct"], atol=1e-4)
    assert np.allclose(both["ratio"], both["direct"], atol=1e-6)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Same(3, 2e-3, 1.0, 0.0), "ratios differ by up to 0.002"),
        (Same(3, 0.0, 0.99, 0.0), "masks overlap by 0.99"),
        (Same(3, 0.0, 1.0, 0.002), "embryo pixels that differ is up to 0.002"),
        (Same(3, float("nan"), 1.0, 0.0), "ratios differ by up to nan"),
    ],
)
def test_what_differs_more_than_it_may_is_not_written(found, says):
    with pytest.raises(InputError, match=says):
        found.require(Alike(1e-3, 0.995, 1e-3))
