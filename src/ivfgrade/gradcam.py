"""Grad-CAM++ (Chattopadhay et al. 2018, arXiv 1710.11063): where a score gets its evidence from.

The score S is one number per image that rises with what is asked about: the logit of a class, or
for a regression through a sigmoid the number before it. Its negative asks for the evidence against.

The method explains Y = exp(S), and takes S to be piecewise linear in the layer's maps; then all
derivatives of Y are powers of the first one of S. Convolutions, ReLU, pooling and norms in eval
mode are; a sigmoid or softmax behind S is not, and belongs to neither S nor the network that makes
it. With S the logit of a ratio, Y is the odds ratio / (1 - ratio): a share against the rest, as a
class against the others. The factor exp(S) is the same for all of a map, which has no unit; it is
left out, since it overflows before it matters.

What it cannot show: channels that speak against the score have no weight at all (the ReLU of
equation 7), and a channel that is active everywhere spreads heat everywhere, even where the network
subtracts its mean afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def evidence(
    score: Callable[..., Tensor], layer: nn.Module, *inputs: Tensor
) -> tuple[Tensor, Tensor]:
    """The maps A of `layer` and dS/dA: B C h w each, float32, no gradient.

    `score(*inputs)` runs the network, which must be in eval mode, and gives one number per image.
    """
    seen: list[Tensor] = []

    def cut(maps: Tensor) -> Tensor:
        """The maps become leaves; what goes on is a copy, as what follows may work in place."""
        seen.append(maps.detach().requires_grad_())
        return seen[-1].clone()

    with torch.enable_grad(), listening(layer, cut):
        scores = score(*inputs)  # B
        if len(seen) != 1:
            raise ValueError(f"the layer must run once for a score, not {len(seen)} times")
        (slope,) = torch.autograd.grad(scores.sum(), seen)  # images do not see each other
    return seen[0].detach().float(), slope.float()


@contextmanager
def listening(module: nn.Module, hear: Callable[[Tensor], Tensor | None]) -> Iterator[None]:
    """Inside the block, `hear` gets what `module` returns, and may put something in its place."""
    hook = module.register_forward_hook(lambda _module, _inputs, output: hear(output))
    try:
        yield
    finally:
        hook.remove()


def weighted_maps(maps: Tensor, slope: Tensor) -> Tensor:
    """Heat at the resolution of the maps, not normalised: B h w from A and dS/dA, B C h w each."""
    weights = (closeness(maps, slope) * slope.relu()).sum(dim=(2, 3))  # B C, equation 7
    return torch.einsum("bc,bchw->bhw", weights, maps).relu()


def closeness(maps: Tensor, slope: Tensor) -> Tensor:
    """alpha of equation 19, dS^2 / (2 dS^2 + sum(A) dS^3), with dS^2 cancelled: squares and cubes
    of slopes that pooling has divided by thousands of positions would underflow. 0 where dS is."""
    below = 2 + maps.sum(dim=(2, 3), keepdim=True) * slope  # at least 2 behind a ReLU, if dS > 0
    counts = (slope != 0) & (below != 0)
    return torch.where(counts, 1 / torch.where(counts, below, 1.0), 0.0)
