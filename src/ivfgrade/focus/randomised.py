"""Model-randomisation control (Adebayo et al. 2018, "Sanity checks for saliency maps").

A heat map that looks the same when the network has learnt nothing shows the image, or the method,
but not what was learnt. Parts are redrawn in a cascade from the output down to a named part.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from ivfgrade.errors import InputError
from ivfgrade.focus.maps import Pixels, usual_channels
from ivfgrade.focus.subject import Subject
from ivfgrade.training.precision import Compute


def randomised(
    subject: Subject, down_to: str, seed: Sequence[int], pixels: Pixels, compute: Compute
) -> tuple[Subject, Tensor]:
    """A copy in which the weights of everything from the output down to the part are redrawn.

    Norm statistics would not fit the new weights; so they are taken anew, from `pixels`, as are the
    layer's usual channels, which come back beside the copy. The head's standardisation stays as it
    was trained, also where there is none: a control that changed what goes into the head as well
    would not be the same control for all rows.
    """
    parts = subject.parts()
    if down_to not in parts:
        known = ", ".join(parts)
        raise InputError(f"focus.randomised names {down_to!r}; it can name {known}")
    names = list(parts)[: list(parts).index(down_to) + 1]
    twin = replace(subject, network=copy.deepcopy(subject.network))
    drawn = [part for name in names for part in twin.parts()[name]]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(int(np.random.SeedSequence(list(seed)).generate_state(1)[0]))
        for part in drawn:
            redraw(part)
    settle(twin.network, drawn, pixels, compute)
    return twin, usual_channels(twin, pixels, compute)


def redraw(part: nn.Module) -> None:
    """By each module's own rule, output weights included: the head's start at zero in training, and
    a score that is constant has no map."""
    for module in part.modules():
        reset = getattr(module, "reset_parameters", None)
        if reset is None and next(module.parameters(recurse=False), None) is not None:
            raise TypeError(f"{type(module).__name__} has weights of its own and no way to reset")
        if reset is not None:
            device = next((p.device for p in module.parameters()), torch.device("cpu"))
            module.cpu()  # the same draws whatever the device
            reset()
            module.to(device)


@torch.no_grad()
def settle(
    network: nn.Module, drawn: Sequence[nn.Module], pixels: Pixels, compute: Compute
) -> None:
    """Norm statistics of the redrawn parts, as averages over `pixels`."""
    norms = [m for part in drawn for m in part.modules() if isinstance(m, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = None  # the plain average
        norm.train()
    for batch in pixels:
        with compute.autocast():
            network(*batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
