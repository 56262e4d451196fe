"""One gradient out of several terms: PCGrad by hand, against numpy, and of one task the sum."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from ivfgrade.fragmentation.rows import Learnt
from ivfgrade.training.descent import DESCENTS, Tasks
from ivfgrade.training.loop import Objective, Watch, fit, train_step
from tests.training.simple import CPU, ERROR, PHASE, Line, Points, error, network, run, square


def pulled(*gradients: list[float]) -> tuple[nn.Parameter, dict[str, Tensor]]:
    """A point at the origin, and a loss per gradient that it shall see there."""
    point = nn.Parameter(torch.zeros(len(gradients[0])))
    return point, {f"g{i}": torch.tensor(g) @ point for i, g in enumerate(gradients)}


def descend(name: str, losses: Mapping[str, Tensor], *learning: nn.Parameter) -> list[list[float]]:
    DESCENTS[name](losses, {}, learning)
    return [[] if p.grad is None else p.grad.tolist() for p in learning]


def test_the_table_holds_what_a_row_can_name() -> None:
    assert set(DESCENTS) == set(typing.get_args(typing.get_type_hints(Learnt)["descent"]))


def test_two_that_disagree_by_hand() -> None:
    """(1, 0) and (-1, 1) have the product -1: they become (1/2, 1/2) and (0, 1)."""
    point, losses = pulled([1.0, 0.0], [-1.0, 1.0])
    assert descend("pcgrad", losses, point) == [[0.5, 1.5]]


@pytest.mark.parametrize("other", [[0.0, 2.0], [3.0, 1.0], [0.0, 0.0]])
def test_what_agrees_or_has_no_say_is_added(other: list[float]) -> None:
    point, losses = pulled([1.0, 0.0], other)
    assert descend("pcgrad", losses, point) == [[1.0 + other[0], other[1]]]


def test_opposite_tasks_of_equal_strength_stand_still() -> None:
    point, losses = pulled([1.0, -2.0], [-1.0, 2.0])
    assert descend("pcgrad", losses, point) == [[0.0, 0.0]]


def in_numpy(gradients: np.ndarray, orders: list[list[int]]) -> np.ndarray:
    """Algorithm 1 of Yu et al. 2020, one order of the other tasks per task."""
    surgical = gradients.copy()
    for task, order in enumerate(orders):
        for other in order:
            overlap = surgical[task] @ gradients[other]
            if overlap < 0:
                surgical[task] -= overlap / (gradients[other] @ gradients[other]) * gradients[other]
    return surgical.sum(axis=0)


def test_three_tasks_as_numpy_has_them_in_every_order_that_is_drawn() -> None:
    gradients = np.array([[2.0, -1.0, 0.5], [-1.5, 1.0, 0.3], [-1.0, -1.0, 1.0]])
    others = [[1, 2], [0, 2], [0, 1]]
    seen = set()
    for seed in range(20):
        torch.manual_seed(seed)
        orders = [[rest[k] for k in torch.randperm(2).tolist()] for rest in others]
        torch.manual_seed(seed)
        point, losses = pulled(*gradients.tolist())
        (found,) = descend("pcgrad", losses, point)
        np.testing.assert_allclose(found, in_numpy(gradients, orders), rtol=1e-5)
        seen.add(tuple(np.round(found, 4)))
    assert len(seen) > 1  # the order matters, so it was tested


def test_a_head_of_one_task_is_left_to_it() -> None:
    """Shared gradients disagree, yet the heads get what the plain sum gives them."""
    shared, first, second = (nn.Parameter(torch.ones(1)) for _ in range(3))
    unreached = nn.Parameter(torch.ones(1))
    losses = {"a": (3 * shared + 5 * first).sum(), "b": (-2 * shared + 7 * second).sum()}
    found = descend("pcgrad", losses, shared, first, second, unreached)
    assert found == [[0.0], [5.0], [7.0], []]


def test_terms_of_a_task_are_added_before_they_are_compared() -> None:
    """a and b alone would be projected on each other; together (0, 1) they agree with c."""
    point, losses = pulled([1.0, 0.0], [-1.0, 1.0], [0.0, 4.0])
    tasks = {"both": ("g0", "g1", "of another phase"), "absent": ("g9",)}
    total = DESCENTS["pcgrad"](losses, tasks, [point])
    assert point.grad is not None
    assert point.grad.tolist() == [0.0, 5.0]
    assert not total.requires_grad


class Turned(nn.Module):
    """Its gradients lie in memory otherwise than its weights, as those of AtrousConv do."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.weight = nn.Parameter(torch.randn(4, 5))

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight.t().contiguous()).tanh()


@pytest.mark.parametrize("tasks", [{"all": ("square", "mean")}, {"all": ("mean", "square")}])
def test_with_one_task_it_is_the_sum(tasks: Tasks) -> None:
    terms = {"square": lambda p, _: p.square().mean(), "mean": lambda p, _: p.mean()}
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
    batch = Points(x, x)
    ends = []
    for descent in ("sum", "pcgrad"):
        model = Turned()
        optimiser = torch.optim.AdamW(model.parameters(), fused=True)
        phase = replace(PHASE, losses={"square": 1.0, "mean": 0.5})
        objective = Objective(terms, tasks, descent)
        rows = [train_step(model, optimiser, batch, phase, objective, CPU) for _ in range(3)]
        ends.append(([row["loss"] for row in rows], [p.detach() for p in model.parameters()]))
        assert all(p.grad.stride() == p.stride() for p in model.parameters() if p.grad is not None)
    assert ends[0][0] == pytest.approx(ends[1][0])
    for ours, theirs in zip(*(end[1] for end in ends), strict=True):
        torch.testing.assert_close(ours, theirs)


def high(prediction: Tensor, batch: Points) -> Tensor:  # noqa: ARG001
    return (1 - prediction).abs().mean()


def low(prediction: Tensor, batch: Points) -> Tensor:  # noqa: ARG001
    return (1 + prediction).square().mean()


def test_a_training_is_repeated_after_a_kill_and_knows_its_tasks(tmp_path: Path) -> None:
    terms = {"square": square, "high": high, "low": low}
    phase = replace(PHASE, losses={"square": 1.0, "high": 1.0, "low": 0.7})
    objective = Objective(terms, descent="pcgrad")

    def train(work: str, kill_at: int) -> list[dict[str, float]]:
        calls = 0

        def validate(model: nn.Module) -> dict[str, float]:
            nonlocal calls
            calls += 1
            if calls == kill_at:
                raise KeyboardInterrupt
            return error(model)

        watch = Watch(validate)
        return fit(network(), phase, objective, Line(), watch, run(tmp_path / work, 6)).history

    whole = train("whole", 0)
    with pytest.raises(KeyboardInterrupt):
        train("broken", 4)
    assert train("broken", 0) == whole
    summed = replace(objective, descent="sum")
    plain = fit(network(), phase, summed, Line(), ERROR, run(tmp_path / "sum", 6)).history
    assert plain != whole
    together = replace(objective, tasks={"all": tuple(terms)})
    one = fit(network(), phase, together, Line(), ERROR, run(tmp_path / "one", 6))
    assert [row["val_error"] for row in one.history] == pytest.approx(
        [row["val_error"] for row in plain], rel=1e-3
    )
