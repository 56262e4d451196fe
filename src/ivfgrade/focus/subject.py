"""The network that is looked into: where its maps come from, and the score that they explain.

Nothing is assumed but names: a `backbone` gives maps, and a `head` pools them and ends in
`head.output`, the logit of the ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ivfgrade.errors import InputError
from ivfgrade.gradcam import evidence, listening

TRUNK = "backbone"
HEAD, OUTPUT = "head", "head.output"


@dataclass(frozen=True)
class Subject:
    network: nn.Module  # in eval mode
    layer: str  # a child of the trunk

    @property
    def watched_layer(self) -> nn.Module:
        return self.network.get_submodule(f"{TRUNK}.{self.layer}")

    def score(self, image: Tensor, valid: Tensor) -> Tensor:
        """The logit of the ratio: taken before the sigmoid, in which it could drown."""
        seen: list[Tensor] = []
        with listening(self.network.get_submodule(OUTPUT), seen.append):
            self.network(image, valid)
        return seen[-1].squeeze(1)  # B

    def parts(self) -> dict[str, list[nn.Module]]:
        """From the output down to the image: what each step of a cascade redraws."""
        trunk = dict(self.network.get_submodule(TRUNK).named_children())
        learnt = [name for name, part in trunk.items() if any(True for _ in part.parameters())]
        below = {name: [trunk[name]] for name in reversed(learnt)}
        return {HEAD: [self.network.get_submodule(HEAD)], **below}

    def evidence(self, image: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """The layer's maps and the slope of the score with them, B C h w each."""
        return evidence(self.score, self.watched_layer, image, valid)


def subject(network: nn.Module, layer: str) -> Subject:
    """Freezes the network: no graph is then kept of what lies before the layer.

    It needs a head: a ratio that is the mask's area has its evidence in the mask.
    """
    parts = dict(network.named_modules())
    if TRUNK not in parts or OUTPUT not in parts:
        raise InputError("this network has no regression head, so there is no score to explain")
    if f"{TRUNK}.{layer}" not in parts:
        raise InputError(f"focus.layer is {layer!r}, which the {TRUNK} of this network lacks")
    return Subject(network.eval().requires_grad_(False), layer)
