"""Frozen means weights, norm statistics and dropout, whatever the parent module is told."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ivfgrade.errors import InputError
from ivfgrade.training.param_groups import (
    changed,
    frozen_names,
    learning_rate,
    optimiser_groups,
    train_mode,
)

GROUPS = [("head.*", 0.1), ("body.*", None)]


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    head = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    return nn.ModuleDict({"body": body, "head": head})


def forward(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return model["head"](model["body"](x))  # type: ignore[index]


def test_the_first_matching_pattern_wins() -> None:
    groups = [("a.b", 1.0), ("a.*", 2.0), (".*", None)]
    assert learning_rate("a.b", groups) == 1.0
    assert learning_rate("a.c", groups) == 2.0
    assert learning_rate("z", groups) is None


def test_a_pattern_must_match_the_whole_name() -> None:
    assert learning_rate("body.head", [("head", 1.0), (".*", None)]) is None


def test_an_uncovered_parameter_is_an_error_that_names_it(model: nn.Module) -> None:
    with pytest.raises(InputError, match=r"body\.0\.weight"):
        optimiser_groups(model, [("head.*", 0.1)], 0.0)


def test_exactly_the_unfrozen_parameters_are_optimised(model: nn.Module) -> None:
    groups = optimiser_groups(model, GROUPS, 0.01)
    optimised = {id(p) for group in groups for p in group["params"]}
    assert optimised == {id(p) for p in model["head"].parameters()}  # type: ignore[index]
    learning = {name for name, p in model.named_parameters() if p.requires_grad}
    assert learning == {"head.0.weight", "head.0.bias", "head.1.weight", "head.1.bias"}


def test_only_matrices_are_decayed(model: nn.Module) -> None:
    for group in optimiser_groups(model, GROUPS, 0.01):
        assert all((p.ndim > 1) == (group["weight_decay"] > 0) for p in group["params"])


def test_a_frozen_part_survives_training_bit_for_bit(model: nn.Module) -> None:
    frozen = {name: model.state_dict()[name].clone() for name in frozen_names(model, GROUPS)}
    assert frozen.keys() >= {"body.0.weight", "body.1.running_mean", "body.1.num_batches_tracked"}
    optimiser = torch.optim.AdamW(optimiser_groups(model, GROUPS, 0.01))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for _ in range(3):
        train_mode(model, GROUPS)
        forward(model, torch.randn(8, 4)).square().sum().backward()
        optimiser.step()
    assert changed(frozen, model.state_dict()) == []
    moved = set(changed(before, model.state_dict()))
    assert moved >= {"head.0.weight", "head.1.weight", "head.1.running_mean"}
    assert not any(name.startswith("body") for name in moved)


def test_frozen_dropout_and_norms_rest_and_the_others_work(model: nn.Module) -> None:
    train_mode(model, GROUPS)
    assert [m.training for m in model["body"]] == [False, False, False]  # type: ignore[index]
    assert [m.training for m in model["head"]] == [True, True, True]  # type: ignore[index]


def test_changed_sees_a_single_bit() -> None:
    before = {"w": torch.tensor([1.0, 2.0])}
    after = {"w": torch.tensor([1.0, 2.0]).nextafter(torch.tensor([1.0, 3.0]))}
    assert changed(before, before) == []
    assert changed(before, after) == ["w"]
