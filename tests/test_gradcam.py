"""Grad-CAM++ against the formula with the derivatives that autograd takes of exp(S)."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ivfgrade.gradcam import closeness, evidence, weighted_maps


class Pooled(nn.Module):
    """Maps, which what follows doubles in place, their means over positions, a linear score."""

    def __init__(self, weights: list[float]) -> None:
        super().__init__()
        self.maps = nn.Sequential(nn.Conv2d(3, len(weights), 3, padding=1), nn.ReLU())
        self.register_buffer("weights", torch.tensor(weights))

    def forward(self, image: Tensor) -> Tensor:
        return self.maps(image).mul_(2).mean(dim=(2, 3)) @ self.weights  # B


def heat_maps(score, layer: nn.Module, image: Tensor) -> Tensor:
    return weighted_maps(*evidence(score, layer, image))


@pytest.fixture
def image() -> Tensor:
    return torch.rand(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network() -> Pooled:
    torch.manual_seed(1)
    return Pooled([1.5, -2.0, 0.0, 0.5]).eval()


def test_a_linear_head_over_pooled_maps_has_its_weights_in_closed_form(network, image):
    """With c_k the slope with a channel's mean a_k, each of the n positions has the slope c_k / n,
    alpha is 1 / (2 + c_k a_k), and so the weight of the channel c_k / (2 + c_k a_k)."""
    maps = network.maps(image).detach()
    c, a = 2 * network.weights, maps.mean(dim=(2, 3))
    expected = torch.einsum("bc,bchw->bhw", c.relu() / (2 + c * a), maps)
    assert torch.allclose(heat_maps(network, network.maps, image), expected, atol=1e-6)


def third_derivatives(score, maps: np.ndarray) -> tuple[np.ndarray, ...]:
    """First to third derivative of exp(S) with each A_ij alone, C h w each, by autograd."""
    found = np.zeros((3, *maps.shape))
    for at in np.ndindex(maps.shape):
        value = torch.tensor(maps[at], dtype=torch.float64, requires_grad=True)
        index = tuple(torch.tensor(i) for i in at)
        y = score(torch.from_numpy(maps).index_put(index, value)).exp()
        for order in range(3):
            (y,) = torch.autograd.grad(y, value, create_graph=True)
            found[(order, *at)] = y.item()
    return tuple(found)


def test_alpha_is_that_of_the_second_and_third_derivatives_of_the_exponential():
    random = np.random.default_rng(3)
    maps = random.uniform(0.1, 1.0, (3, 2, 3))
    first, second = (torch.from_numpy(random.normal(size=s)) for s in ((4, 18), (4,)))

    def score(values: Tensor) -> Tensor:  # piecewise linear in the maps
        return torch.relu(first @ values.flatten()) @ second

    dy, d2y, d3y = third_derivatives(score, maps)
    alpha = d2y / (2 * d2y + maps.sum(axis=(1, 2), keepdims=True) * d3y)  # equation 10
    y = score(torch.from_numpy(maps)).exp().item()
    weights = (alpha * np.maximum(dy, 0)).sum(axis=(1, 2))  # equation 7
    expected = np.maximum((weights[:, None, None] * maps).sum(0), 0) / y

    leaf = torch.from_numpy(maps).requires_grad_()
    (slope,) = torch.autograd.grad(score(leaf), leaf)
    batch = torch.from_numpy(maps)[None]
    np.testing.assert_allclose(closeness(batch, slope[None])[0], alpha, rtol=1e-9)
    np.testing.assert_allclose(weighted_maps(batch, slope[None])[0], expected, rtol=1e-9)
    assert expected.max() > 0


def test_small_slopes_do_not_underflow():
    maps, slope = (
        torch.ones(1, 1, 2, 2),
        torch.full((1, 1, 2, 2), 1e-25),
    )  # its cube is 0 in float32
    assert torch.allclose(closeness(maps, slope), torch.full((1, 1, 2, 2), 0.5))


def test_what_has_no_slope_and_what_speaks_against_have_no_heat():
    maps = torch.rand(1, 2, 3, 3)
    slope = torch.zeros(1, 2, 3, 3)
    assert (closeness(maps, slope) == 0).all()
    slope[:, 1] = -0.1
    assert (weighted_maps(maps, slope) == 0).all()


def test_images_of_a_batch_do_not_see_each_other(network, image):
    together = heat_maps(network, network.maps, image)
    alone = torch.cat([heat_maps(network, network.maps, one[None]) for one in image])
    assert torch.allclose(together, alone)
    assert together.shape == (2, 5, 4)
    assert together.dtype == torch.float32
    assert not together.requires_grad


def test_the_network_is_as_before_and_gives_what_it_gave(network, image):
    before = network(image)
    with torch.no_grad():  # a caller who learns nothing need not know that gradients are taken
        heat_maps(network, network.maps, image)
    assert torch.equal(network(image), before)
    assert not network.maps._forward_hooks
    assert all(weight.grad is None for weight in network.parameters())


def test_the_hook_goes_when_the_score_fails(network, image):
    def failing(_: Tensor) -> Tensor:
        raise RuntimeError("no score")

    with pytest.raises(RuntimeError, match="no score"):
        heat_maps(failing, network.maps, image)
    assert not network.maps._forward_hooks


def test_a_layer_must_run_exactly_once(network, image):
    with pytest.raises(ValueError, match="not 2 times"):
        heat_maps(lambda x: network(x) + network(x), network.maps, image)
    with pytest.raises(ValueError, match="not 0 times"):
        heat_maps(lambda x: x.mean(dim=(1, 2, 3)), network.maps, image)


def test_a_class_logit_is_a_score_like_any_other(image):
    torch.manual_seed(0)
    classifier = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ).append(nn.Linear(4, 3))
    heats = [heat_maps(lambda x, c=c: classifier(x)[:, c], classifier[1], image) for c in range(3)]
    assert not torch.allclose(heats[0], heats[1])
    maps, slope = evidence(lambda x: classifier(x)[:, 2], classifier[1], image)
    weight = classifier[-1].weight[2]
    assert torch.allclose(slope, (weight / 20)[None, :, None, None].expand_as(maps))
