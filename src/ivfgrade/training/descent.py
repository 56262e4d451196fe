"""How the loss terms of a step become one gradient, by the name that a phase gives.

`sum` goes down the weighted sum of the terms. `pcgrad` is algorithm 1 of Yu et al. 2020 ("Gradient
surgery for multi-task learning"): where the gradients of two tasks disagree, each loses what the
other forbids. It costs a backward pass per task, all but the last of which keep the activations,
and memory for a gradient per task and two more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

Tasks = Mapping[str, Sequence[str]]  # task -> its loss terms; one outside every task is its own
Losses = Mapping[str, Tensor]  # term -> weighted loss
Parameters = Sequence[nn.Parameter]
Gradient = dict[int, Tensor]  # by the number of the parameter; only those that the task reaches


def down_the_sum(losses: Losses, tasks: Tasks, learning: Parameters) -> Tensor:  # noqa: ARG001
    total = _total(losses.values())
    total.backward()
    return total.detach()


def down_what_no_task_forbids(losses: Losses, tasks: Tasks, learning: Parameters) -> Tensor:
    """Two tasks are compared, and projected, on the parameters that both reach: of the others one
    of the two knows nothing, and the projection would speed up the other's own head."""
    gradients = _gradients(by_task(losses, tasks), learning)
    for index, gradient in enumerate(gradients):
        others = gradients[:index] + gradients[index + 1 :]
        for k, part in _projected(gradient, others).items():
            _add(learning[k], part)
    return _total(losses.values()).detach()


Descent = Callable[[Losses, Tasks, Parameters], Tensor]  # fills .grad; returns the loss
DESCENTS: Mapping[str, Descent] = {"sum": down_the_sum, "pcgrad": down_what_no_task_forbids}


def by_task(losses: Losses, tasks: Tasks) -> list[list[Tensor]]:
    """The losses of each task that has any here; a term outside every task is its own."""
    claimed = {name for members in tasks.values() for name in members}
    alone = [[name] for name in losses if name not in claimed]
    grouped = [[losses[n] for n in members if n in losses] for members in [*tasks.values(), *alone]]
    return [members for members in grouped if members]


def _total(losses: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(losses)).sum()


def _gradients(tasks: list[list[Tensor]], learning: Parameters) -> list[Gradient]:
    gradients = []
    for number, losses in enumerate(tasks, start=1):
        parts = torch.autograd.grad(
            _total(losses), learning, retain_graph=number < len(tasks), allow_unused=True
        )
        gradients.append({k: part for k, part in enumerate(parts) if part is not None})
    return gradients


def _projected(gradient: Gradient, others: list[Gradient]) -> Gradient:
    """In random order, as projections do not commute. The numbers are the global ones, which every
    epoch seeds: a resumed training draws the same."""
    left = dict(gradient)
    for index in torch.randperm(len(others)).tolist():
        other = {k: part for k, part in others[index].items() if k in left}
        agreement = _dot(left, other)
        if agreement < 0:
            share = agreement / _dot(other, other)
            left |= {k: left[k] - share * part for k, part in other.items()}
    return left


def _dot(one: Gradient, other: Gradient) -> float:
    """Over what `other` reaches."""
    products = [(one[k] * part).sum(dtype=torch.float64) for k, part in other.items()]
    return float(torch.stack(products).sum()) if products else 0.0


def _add(parameter: nn.Parameter, part: Tensor) -> None:
    """Into a tensor laid out like its parameter: fused AdamW walks both side by side, and pairs the
    wrong entries without a word if a gradient lies otherwise in memory."""
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    parameter.grad += part
