"""Cosines of gradients that are known by hand, and a training that does not notice the probe."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ivfgrade.errors import InputError
from ivfgrade.training.conflict import Probe, compare, cosine
from ivfgrade.training.loop import Fitted, Objective, Watch, fit, write_history
from ivfgrade.training.precision import Compute
from tests.training.simple import CPU, PHASE, Line, Points, error, run, square

TASKS = {"one": ("one",), "other": ("other",)}


class Point(nn.Module):
    """At the origin of a plane; what it predicts is where it is."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Parameter(torch.zeros(2))
        self.apart = nn.Parameter(torch.zeros(2))

    def forward(self, _: Tensor) -> tuple[Tensor, Tensor]:
        return self.shared, self.apart


def distance(x: float, y: float) -> Callable[[Any, Points], Tensor]:
    """Half the squared distance to (x, y), so that its gradient is the way from there."""
    return lambda place, _: (place[0] - torch.tensor([x, y])).square().sum() / 2


def probe(model: nn.Module, layers: Mapping[str, str], batches: int = 1, **terms: Any) -> dict:
    weights = dict.fromkeys(terms, 1.0)
    seen = [Points(torch.zeros(1), torch.zeros(1))] * batches
    tasks = {name: (name,) for name in terms}
    return Probe(terms, weights, tasks, layers, lambda: seen, CPU)(model)


@pytest.mark.parametrize(
    ("target", "expected"),
    [((3.0, 0.0), 1.0), ((-5.0, 0.0), -1.0), ((0.0, 2.0), 0.0), ((-3.0, 4.0), -0.6)],
)
def test_the_angle_between_two_ways_by_hand(target: tuple[float, float], expected: float) -> None:
    """From the origin, one task pulls along the first axis, the other towards `target`."""
    row = probe(Point(), {"all": "shared"}, one=distance(1, 0), other=distance(*target))
    assert row["conflict_all"] == expected
    assert row["conflict_all_mean"] == expected
    assert row["conflict_all_negative"] == float(expected < 0)
    assert row["conflict_all_ratio"] == math.hypot(*target)


def test_weights_count_within_a_task() -> None:
    """x pulls to the right, y up with weight 3: (-1, -3) against (-1, 0) is 1 / sqrt 10."""
    terms = {"x": distance(1, 0), "y": distance(0, 1), "other": distance(1, 0)}
    tasks = {"one": ("x", "y", "not in this phase"), "other": ("other",)}
    weights, batch = {"x": 1.0, "y": 3.0, "other": 0.1}, Points(torch.zeros(1), torch.zeros(1))
    look = Probe(terms, weights, tasks, {"all": "shared"}, lambda: [batch], CPU)
    row = look(Point())
    assert row["conflict_all"] == pytest.approx(1 / math.sqrt(10))
    assert row["conflict_all_ratio"] == pytest.approx(0.1 / math.sqrt(10))


@pytest.mark.parametrize("targets", [((0.0, 0.0), (1.0, 0.0)), ((1.0, 0.0), (0.0, 0.0))])
def test_a_gradient_of_zero_has_no_direction(targets: list[tuple[float, float]]) -> None:
    layers = {"here": "shared", "unreached": "apart"}
    one, other = (distance(*target) for target in targets)
    row = probe(Point(), layers, one=one, other=other)
    assert len(row) == 2 * 5
    assert all(math.isnan(value) for value in row.values())


def test_a_layer_that_does_not_learn_has_no_gradient_and_others_have() -> None:
    model = Point()
    model.apart.requires_grad_(False)
    layers = {"here": "shared", "frozen": "apart"}
    row = probe(model, layers, one=distance(1, 0), other=distance(1, 1))
    assert row["conflict_here"] == pytest.approx(math.sqrt(0.5))
    assert math.isnan(row["conflict_frozen"])
    model.shared.requires_grad_(False)
    with pytest.raises(InputError, match="nothing learns in here, frozen"):
        probe(model, layers, one=distance(1, 0), other=distance(1, 1))


def test_several_batches_are_summed_and_also_told_apart() -> None:
    ways = {"one": [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], "other": [[4.0, 0.0], [-3.0, 4.0], [0, 0]]}
    vectors = {task: torch.tensor(way) for task, way in ways.items()}
    row = compare({task: {"l": way[k].clone()} for task, way in vectors.items()} for k in range(3))
    assert row["conflict_l"] == pytest.approx(1 / math.sqrt(17))  # (3, 0) and (1, 4)
    assert row["conflict_l_ratio"] == pytest.approx(math.sqrt(17) / 3)
    assert row["conflict_l_mean"] == pytest.approx((1 - 0.6) / 2)  # the third has none
    assert row["conflict_l_sd"] == pytest.approx(np.std([1, -0.6], ddof=1))
    assert row["conflict_l_negative"] == 0.5


def test_cosines_do_not_depend_on_scale() -> None:
    one, other = torch.tensor([3e-12, 4e-12]), torch.tensor([4e9, 3e9])
    assert cosine(one, other) == pytest.approx(0.96)


def test_misspelt_layers_and_missing_tasks_are_named() -> None:
    with pytest.raises(InputError, match="no parameter's name matches sharde"):
        probe(Point(), {"all": "sharde"}, one=distance(1, 0), other=distance(0, 1))
    look = Probe({}, {}, TASKS, {"all": "shared"}, Line().epoch(0).__iter__, CPU)
    with pytest.raises(InputError, match="the phase has no loss of one"):
        look(Point())


class Noted(nn.Module):
    """All that a look could disturb: batch statistics, dropout, and a buffer that counts calls."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.body = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Tanh())
        self.frozen = nn.BatchNorm1d(8)
        self.head = nn.Linear(8, 1)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.head(self.frozen(self.body(x)))


NOTED = replace(
    PHASE,
    groups=(("frozen.*", None), (".*", 0.05)),
    losses={"square": 1.0, "high": 0.2},
    keep=None,
    weight_decay=0.01,
)


def high(prediction: Tensor, batch: Points) -> Tensor:  # noqa: ARG001
    return (1 - prediction).abs().mean()


TERMS = {"square": square, "high": high}
LOOK = Probe(
    TERMS,
    NOTED.losses,
    {"fit": ("square",), "rise": ("high",)},
    {"body": r"body\..*", "head": r"head\..*"},
    lambda: islice(Line().epoch(99), 3),
    CPU,
)


def train(
    work: Path, look: Callable[[nn.Module], dict] = LOOK, descent: str = "sum", **changes: Any
) -> Fitted:
    phase, objective = replace(NOTED, **changes), Objective(TERMS, descent=descent)
    return fit(Noted(), phase, objective, Line(), Watch(error, look), run(work, 4))


def everything(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """All that the next step could depend on, as bytes."""
    tensors = {
        **model.state_dict(),
        **{f"{name}.grad": p.grad for name, p in model.named_parameters()},
        **{
            f"{number}.{name}": value
            for number, state in optimiser.state_dict()["state"].items()
            for name, value in state.items()
        },
        "random": torch.get_rng_state(),
    }
    return {
        **{name: None if t is None else t.numpy().tobytes() for name, t in tensors.items()},
        "modes": [module.training for module in model.modules()],
        "needs": [p.requires_grad for p in model.parameters()],
        "rates": [group["lr"] for group in optimiser.param_groups],
    }


def test_a_look_leaves_no_trace() -> None:
    model = Noted().train()
    model.frozen.eval().requires_grad_(False)
    learning = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=0.1)
    batch = next(Line().epoch(0))
    square(model(*batch.inputs), batch).backward()
    optimiser.step()
    before = everything(model, optimiser)
    assert before["head.weight.grad"] is not None
    first = LOOK(model)
    assert everything(model, optimiser) == before
    torch.rand(5)
    assert LOOK(model) == first  # its random numbers are its own
    optimiser.zero_grad(set_to_none=True)
    LOOK(model)
    assert all(p.grad is None for p in model.parameters())


def test_a_look_that_fails_leaves_no_trace_either() -> None:
    def broken(*_: Any) -> Tensor:
        raise ValueError

    model = Noted().train()
    optimiser = torch.optim.AdamW(model.parameters())
    before = everything(model, optimiser)
    with pytest.raises(ValueError):  # noqa: PT011
        replace(LOOK, terms={"square": broken, "high": broken})(model)
    assert everything(model, optimiser) == before


def test_it_sees_the_gradients_of_training() -> None:
    """Batch statistics and dropout as in a step: recomputed by `backward` on another model."""
    row = LOOK(Noted().train())
    model, sums = Noted().train(), {}
    torch.manual_seed(0)
    for batch in islice(Line().epoch(99), 3):
        prediction = model(*batch.inputs)
        for name, term in TERMS.items():
            model.zero_grad()
            (NOTED.losses[name] * term(prediction, batch)).backward(retain_graph=True)
            flat = torch.cat([p.grad.flatten() for p in model.body.parameters()])  # type: ignore[union-attr]
            sums[name] = sums.get(name, 0) + flat.double().numpy()
    norms = {name: np.linalg.norm(vector) for name, vector in sums.items()}
    expected = sums["square"] @ sums["high"] / norms["square"] / norms["high"]
    assert row["conflict_body"] == pytest.approx(expected, rel=1e-5)
    assert row["conflict_body_ratio"] == pytest.approx(norms["high"] / norms["square"], rel=1e-5)
    assert LOOK(Noted().eval())["conflict_body"] != pytest.approx(expected, rel=1e-2)


def test_it_uses_the_number_format_of_training() -> None:
    seen = []

    def noticed(prediction: Tensor, batch: Points) -> Tensor:
        seen.append(prediction.dtype)
        return square(prediction.float(), batch)

    compute = Compute(torch.device("cpu"), torch.bfloat16)
    replace(LOOK, terms={"square": noticed, "high": noticed}, compute=compute)(Noted().train())
    assert set(seen) == {torch.bfloat16}


@pytest.mark.parametrize("descent", ["sum", "pcgrad"])
def test_a_probed_training_takes_the_same_steps(tmp_path: Path, descent: str) -> None:
    probed = train(tmp_path / "probed", descent=descent)
    plain = train(tmp_path / "plain", lambda _: {}, descent=descent)
    stripped = [{k: v for k, v in row.items() if "conflict" not in k} for row in probed.history]
    assert stripped == plain.history
    assert len(probed.history[0]) == len(plain.history[0]) + 2 * 5
    assert all(torch.equal(probed.weights[k], plain.weights[k]) for k in plain.weights)


def test_it_looks_while_the_model_trains_and_what_is_frozen_rests(tmp_path: Path) -> None:
    modes = []

    def look(model: nn.Module) -> dict[str, float]:
        modes.append((model.training, model.body[1].training, model.frozen.training))  # type: ignore
        return {}

    train(tmp_path, look)
    assert modes == [(True, True, False)] * 4


def test_a_training_killed_while_it_is_probed_has_the_same_history(tmp_path: Path) -> None:
    whole = train(tmp_path / "whole")
    calls = 0

    def killed(model: nn.Module) -> dict[str, float]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return LOOK(model)

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "broken", killed)
    resumed = train(tmp_path / "broken")
    assert resumed.history == whole.history
    for name, fitted in (("a", whole), ("b", resumed)):
        write_history(tmp_path / f"{name}.csv", fitted.history)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    columns = (tmp_path / "a.csv").read_text().partition("\n")[0].split(",")
    assert [name for name in columns if name.startswith("conflict_body")] == [
        "conflict_body",
        "conflict_body_mean",
        "conflict_body_sd",
        "conflict_body_negative",
        "conflict_body_ratio",
    ]
