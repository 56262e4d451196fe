"""What learns in a phase, and how fast: ordered (pattern, learning rate) pairs, None = frozen.

The first pattern that matches a parameter's full name wins, and every parameter must be matched.
Frozen means weights *and* norm statistics *and* dropout: a module whose name falls to a frozen
pattern stays in eval mode even when its parent is told to train.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import nn

from ivfgrade.errors import InputError

Groups = Sequence[tuple[str, float | None]]


def learning_rate(name: str, groups: Groups) -> float | None:
    for pattern, rate in groups:
        if re.fullmatch(pattern, name):
            return rate
    known = ", ".join(pattern for pattern, _ in groups)
    raise InputError(f"no pattern of the phase's groups matches {name}; patterns: {known}")


def optimiser_groups(model: nn.Module, groups: Groups, weight_decay: float) -> list[dict]:
    """AdamW's groups. Sets `requires_grad`, so frozen weights own no optimiser state.

    Biases and norm weights (one-dimensional) are not decayed (S4.49).
    """
    members: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        rate = learning_rate(name, groups)
        parameter.requires_grad_(rate is not None)
        if rate is not None:
            decay = weight_decay if parameter.ndim > 1 else 0.0
            members.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "base_lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in members.items()
    ]


def train_mode(model: nn.Module, groups: Groups) -> None:
    """`model.train()`, then every frozen leaf back to eval: its statistics and dropout rest."""
    model.train()
    for name, module in model.named_modules():
        is_leaf = next(module.children(), None) is None
        if is_leaf and name and learning_rate(f"{name}.", groups) is None:
            module.eval()


def frozen_names(model: nn.Module, groups: Groups) -> set[str]:
    """State-dict entries, buffers included, that the phase may not change."""
    parameters = {name for name, _ in model.named_parameters()}
    return {
        name
        for name in model.state_dict()
        if learning_rate(name if name in parameters else _owner(name), groups) is None
    }


def _owner(buffer: str) -> str:
    return buffer.rpartition(".")[0] + "."


def changed(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> list[str]:
    """Names whose tensors differ in any bit."""
    return [name for name in before if not torch.equal(before[name], after[name])]
