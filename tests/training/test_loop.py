"""`fit` on a small regression: it learns, repeats itself, resumes exactly, and stops on NaN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ivfgrade.errors import InputError
from ivfgrade.training.best_epoch import best_epoch
from ivfgrade.training.checkpoints import load_tensors
from ivfgrade.training.loop import (
    LAST,
    Objective,
    Watch,
    fit,
    learning_rate_factor,
    write_history,
)
from tests.training.simple import (
    ERROR,
    PHASE,
    SQUARE,
    Line,
    Points,
    error,
    network,
    run,
    square,
)


def test_it_learns_and_returns_its_best_epoch(tmp_path: Path) -> None:
    model = network()
    fitted = fit(model, PHASE, SQUARE, Line(), ERROR, run(tmp_path, 60))
    errors = [row["val_error"] for row in fitted.history]
    assert min(errors) < 0.15 < errors[0]
    assert fitted.best_epoch == errors.index(min(errors))
    assert error(model.eval())["error"] == pytest.approx(min(errors))


def test_two_runs_are_bit_identical(tmp_path: Path) -> None:
    first = fit(network(), PHASE, SQUARE, Line(), ERROR, run(tmp_path / "a"))
    second = fit(network(), PHASE, SQUARE, Line(), ERROR, run(tmp_path / "b"))
    assert first.history == second.history
    assert all(torch.equal(first.weights[k], second.weights[k]) for k in first.weights)


def test_an_interrupted_run_ends_where_an_undisturbed_one_does(tmp_path: Path) -> None:
    whole = fit(network(), PHASE, SQUARE, Line(), ERROR, run(tmp_path / "whole"))
    calls = 0

    def killed(model: nn.Module) -> dict[str, float]:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise KeyboardInterrupt
        return error(model)

    broken = run(tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        fit(network(), PHASE, SQUARE, Line(), Watch(killed), broken)
    resumed = fit(network(), PHASE, SQUARE, Line(), ERROR, broken)
    assert resumed.history == whole.history
    assert all(torch.equal(resumed.weights[k], whole.weights[k]) for k in whole.weights)


def test_zero_epochs_leave_the_model_as_it_came(tmp_path: Path) -> None:
    model = network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    fitted = fit(model, PHASE, SQUARE, Line(), ERROR, run(tmp_path, 0))
    assert fitted.history == []
    assert all(torch.equal(before[k], fitted.weights[k]) for k in before)


def test_nan_stops_with_the_name_of_the_loss(tmp_path: Path) -> None:
    def broken(prediction: Tensor, _: Points) -> Tensor:
        return (prediction * float("nan")).mean()

    phase = replace(PHASE, losses={"square": 1.0, "broken": 0.1})
    objective = Objective({"square": square, "broken": broken})
    with pytest.raises(InputError, match="loss broken became nan"):
        fit(network(), phase, objective, Line(), ERROR, run(tmp_path))


def test_an_unknown_loss_is_named(tmp_path: Path) -> None:
    phase = replace(PHASE, losses={"sqare": 1.0})
    with pytest.raises(InputError, match="sqare"):
        fit(network(), phase, SQUARE, Line(), ERROR, run(tmp_path))


def test_nothing_to_learn_is_an_error(tmp_path: Path) -> None:
    phase = replace(PHASE, groups=((".*", None),))
    with pytest.raises(InputError, match="frozen"):
        fit(network(), phase, SQUARE, Line(), ERROR, run(tmp_path))


def test_every_epoch_is_logged_once(tmp_path: Path) -> None:
    seen: list[tuple[int, Mapping[str, float]]] = []
    logged = replace(run(tmp_path, 3), log=lambda epoch, row: seen.append((epoch, row)))
    fitted = fit(network(), PHASE, SQUARE, Line(), ERROR, logged)
    assert seen == list(enumerate(fitted.history))


def test_the_rate_rises_linearly_and_ends_at_zero() -> None:
    factors = [learning_rate_factor(step, 40, PHASE, 4) for step in range(41)]
    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert factors[4] == 1.0
    assert factors[22] == pytest.approx(0.5)
    assert factors[40] == pytest.approx(0.0)


def test_a_metric_that_validation_cannot_give_stops_the_training(tmp_path: Path) -> None:
    def undefined(model: nn.Module) -> dict[str, float]:  # noqa: ARG001
        return {"error": math.nan}

    with pytest.raises(InputError, match="error is undefined on the val split"):
        fit(network(), PHASE, SQUARE, Line(), Watch(undefined), run(tmp_path, 2))


def test_without_a_rule_the_last_epoch_is_kept(tmp_path: Path) -> None:
    phase = replace(PHASE, keep=None)
    assert best_epoch([{"val_error": 1.0}, {"val_error": 2.0}], phase, {}) == 1
    model = network()
    fitted = fit(model, phase, SQUARE, Line(), ERROR, run(tmp_path, 3))
    assert fitted.best_epoch == 2
    last = load_tensors(tmp_path / LAST)["model"]
    assert all(torch.equal(fitted.weights[name], last[name]) for name in last)


def test_history_is_one_row_per_epoch(tmp_path: Path) -> None:
    history = [{"epoch": 0.0, "loss": 0.5}, {"epoch": 1.0, "loss": 0.25}]
    write_history(tmp_path / "history.csv", history)
    assert (tmp_path / "history.csv").read_text() == "epoch,loss\n0,0.5\n1,0.25\n"


def test_keeping_an_unknown_metric_names_those_there_are(tmp_path: Path) -> None:
    phase = replace(PHASE, keep=("loss", "min"))
    with pytest.raises(InputError, match="names loss; validation knows error"):
        fit(network(), phase, SQUARE, Line(), ERROR, run(tmp_path, 2))


@pytest.mark.parametrize(
    ("gain", "expected"), [(0.0, ""), (-0.1, "epoch 1 is kept, which lost least")]
)
def test_a_training_says_that_it_gave_up_what_it_should_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], gain: float, expected: str
) -> None:
    dice = 0.8 - gain

    def validate(model: nn.Module) -> dict[str, float]:
        nonlocal dice
        dice += gain
        return {**error(model), "dice": dice}

    phase = replace(PHASE, hold=("dice", 0.002))
    fitted = fit(network(), phase, SQUARE, Line(), Watch(validate), run(tmp_path, 3))
    assert expected in fitted.hold_broken
    assert ("warning: no epoch held dice within 0.002" in capsys.readouterr().err) == bool(expected)
    assert bool(fitted.hold_broken) == bool(expected)
