"""Do tasks pull the weights that they share apart? The cosine of their gradients, layer by layer.

A look that leaves no trace. The gradients are those that training sees: the model as it is, with
its dropout and batch statistics. But they never reach `.grad`, the norms' running statistics are
updated in copies, and the random numbers are the probe's own, the same at every look.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from ivfgrade.cosines import DETAILS, PREFIX
from ivfgrade.errors import InputError
from ivfgrade.training.best_epoch import Row
from ivfgrade.training.descent import Tasks
from ivfgrade.training.loop import Term
from ivfgrade.training.precision import Compute

Gradients = dict[str, dict[str, Tensor]]  # task -> layer -> one vector


@dataclass(frozen=True)
class Probe:
    """Measures a model; the columns are those of `compare`."""

    terms: Mapping[str, Term]
    weights: Mapping[str, float]  # of the terms, as the phase has them
    tasks: Tasks  # two
    layers: Mapping[str, str]  # name -> pattern that its parameters' names match
    batches: Callable[[], Iterable[Any]]
    compute: Compute

    def __call__(self, model: nn.Module) -> Row:
        layers = {name: _learning(model, pattern) for name, pattern in self.layers.items()}
        if not any(layers.values()):
            raise InputError(f"nothing learns in {', '.join(layers)}, so no gradients to compare")
        with _own_random_numbers(self.compute.device):
            return compare(self._gradients(model, batch, layers) for batch in self.batches())

    def _gradients(
        self, model: nn.Module, batch: Any, layers: Mapping[str, list[nn.Parameter]]
    ) -> Gradients:
        copies = {name: buffer.clone() for name, buffer in model.named_buffers()}
        with self.compute.autocast():
            prediction = functional_call(model, copies, batch.inputs)
        losses = {task: self._loss(task, prediction, batch) for task in self.tasks}
        last = list(losses)[-1]
        return {task: _of_layers(loss, layers, task != last) for task, loss in losses.items()}

    def _loss(self, task: str, prediction: Any, batch: Any) -> Tensor:
        names = [name for name in self.tasks[task] if name in self.weights]
        if not names:
            known = ", ".join(self.tasks[task])
            raise InputError(f"the phase has no loss of {task}; its losses are {known}")
        weighted = [self.weights[name] * self.terms[name](prediction, batch) for name in names]
        return torch.stack(weighted).sum()


def _learning(model: nn.Module, pattern: str) -> list[nn.Parameter]:
    named = [p for name, p in model.named_parameters() if re.fullmatch(pattern, name)]
    if not named:
        raise InputError(f"no parameter's name matches {pattern}")
    return [parameter for parameter in named if parameter.requires_grad]


def _of_layers(
    loss: Tensor, layers: Mapping[str, list[nn.Parameter]], keep_graph: bool
) -> dict[str, Tensor]:
    """Zero where the loss does not reach; empty where nothing learns."""
    everything = [parameter for members in layers.values() for parameter in members]
    parts = iter(
        torch.autograd.grad(loss, everything, retain_graph=keep_graph, materialize_grads=True)
    )
    nothing = loss.new_zeros(0)
    return {
        name: torch.cat([nothing, *(next(parts).flatten() for _ in members)])
        for name, members in layers.items()
    }


@contextmanager
def _own_random_numbers(device: torch.device) -> Iterator[None]:
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(0)
        yield


def compare(batches: Iterable[Gradients]) -> Row:
    """For every layer, by the columns of `cosines`: the cosine of the two tasks' gradients summed
    over batches; mean, standard deviation and share below zero of the cosines of single batches;
    and the norm of the second summed gradient over that of the first. Not a number where a gradient
    is zero, as it then has no direction."""
    sums: Gradients = {}
    single: dict[str, list[float]] = {}
    for gradients in batches:
        one, other = gradients.values()
        for layer, gradient in one.items():
            single.setdefault(layer, []).append(cosine(gradient, other[layer]))
        _accumulate(sums, gradients)
    row: Row = {}
    for layer, each in single.items():
        first, second = (layers[layer] for layers in sums.values())
        name = f"{PREFIX}{layer}"
        row[name] = cosine(first, second)
        details = (*_spread(each), _ratio(first, second))
        row |= {f"{name}{end}": value for end, value in zip(DETAILS, details, strict=True)}
    return row


def _accumulate(sums: Gradients, gradients: Gradients) -> None:
    for task, layers in gradients.items():
        for layer, gradient in layers.items():
            if layer in sums.setdefault(task, {}):
                sums[task][layer] += gradient
            else:
                sums[task][layer] = gradient


def _spread(cosines: list[float]) -> tuple[float, float, float]:
    """Mean, standard deviation, share below zero."""
    known = np.array(cosines)[np.isfinite(cosines)]
    return (
        float(known.mean()) if len(known) else math.nan,
        float(known.std(ddof=1)) if len(known) > 1 else math.nan,
        float((known < 0).mean()) if len(known) else math.nan,
    )


def cosine(one: Tensor, other: Tensor) -> float:
    scale = math.sqrt(_dot(one, one) * _dot(other, other))
    return _dot(one, other) / scale if scale > 0 else math.nan


def _ratio(one: Tensor, other: Tensor) -> float:
    squares = _dot(one, one), _dot(other, other)
    return math.sqrt(squares[1] / squares[0]) if min(squares) > 0 else math.nan


def _dot(one: Tensor, other: Tensor) -> float:
    return float((one * other).sum(dtype=torch.float64))
