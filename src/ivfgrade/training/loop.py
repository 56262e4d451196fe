"""`fit`: one loop for every study and phase. It knows models, batches and terms, not embryos.

Every epoch draws its randomness from (seed, epoch) alone, so a training that resumes from its last
epoch takes the same steps as one that was never interrupted.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ivfgrade.atomic import write_text
from ivfgrade.errors import InputError
from ivfgrade.training.best_epoch import Row, best_epoch, hold_broken, require_metrics
from ivfgrade.training.checkpoints import load_tensors, save_tensors
from ivfgrade.training.descent import DESCENTS, Tasks
from ivfgrade.training.param_groups import optimiser_groups, train_mode
from ivfgrade.training.phase import Phase
from ivfgrade.training.precision import Compute

Term = Callable[[Any, Any], Tensor]
Measure = Callable[[nn.Module], Row]
LAST, BEST = "last.pt", "best.pt"


class Batches(Protocol):
    """One pass over the training set; the order is a function of the epoch."""

    def __len__(self) -> int: ...
    def epoch(self, number: int) -> Iterator[Any]: ...


@dataclass(frozen=True)
class Run:
    """How to run a phase, besides what it is."""

    epochs: int
    seed: int
    compute: Compute
    work: Path  # where an interrupted run left its last epoch
    title: str
    log: Callable[[int, Mapping[str, float]], None]


@dataclass
class State:
    """What an interrupted run needs to go on: everything that an epoch changes."""

    model: nn.Module
    optimiser: torch.optim.Optimizer
    start: Row = field(default_factory=dict)  # validation before the first step
    history: list[Row] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    def keep_best(self, folder: Path) -> None:
        self.best = snapshot(self.model)
        save_tensors(folder / BEST, self.best)

    def save(self, folder: Path) -> None:
        """After `keep_best`: a kill between the two repeats an epoch that keeps the same best."""
        content = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "start": self.start,
            "history": self.history,
        }
        save_tensors(folder / LAST, content)

    def restore(self, folder: Path) -> None:
        content = load_tensors(folder / LAST)
        self.model.load_state_dict(content["model"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.start, self.history = content["start"], content["history"]
        self.best = load_tensors(folder / BEST)


@dataclass(frozen=True)
class Fitted:
    weights: dict[str, Tensor]  # of the epoch that the phase keeps
    history: list[Row]
    best_epoch: int
    hold_broken: str  # says so if no epoch held what `phase.hold` names; else empty


def nothing(model: nn.Module) -> Row:  # noqa: ARG001
    return {}


@dataclass(frozen=True)
class Objective:
    """What a study can ask of a model; the phase says how much of it."""

    terms: Mapping[str, Term]  # the losses that a phase may name
    tasks: Tasks = field(default_factory=dict)  # which of them pull together
    descent: str = "sum"  # a name in descent.DESCENTS

    def require(self, names: Iterable[str]) -> None:
        unknown = sorted(set(names) - set(self.terms))
        if unknown:
            known = ", ".join(sorted(self.terms))
            raise InputError(f"unknown loss {', '.join(unknown)}; known: {known}")


@dataclass(frozen=True)
class Watch:
    """What is measured after each epoch; it joins the epoch's row and may not change the model."""

    validate: Measure  # in eval mode, as val_<name>
    probe: Measure = nothing  # in train mode, as the epoch left the model


def fit(
    model: nn.Module, phase: Phase, objective: Objective, batches: Batches, watch: Watch, run: Run
) -> Fitted:
    """Train `phase`; return the weights of the epoch that it keeps."""
    objective.require(phase.losses)
    state = _begin(model, phase, watch, run)

    def step(batch: Any) -> Row:
        return train_step(model, state.optimiser, batch, phase, objective, run.compute)

    with _progress_bar(run, len(batches), len(state.history)) as bar:
        for epoch in range(len(state.history), run.epochs):
            row = _train_epoch(state, phase, batches, step, run, bar)
            row |= watch.probe(model)
            model.eval()
            row |= {f"val_{name}": value for name, value in watch.validate(model).items()}
            require_metrics(phase, row)
            if _better(row, phase, state):
                state.keep_best(run.work)
            state.history.append(row)
            state.save(run.work)
            run.log(epoch, row)
    return _finish(state, phase)


def _begin(model: nn.Module, phase: Phase, watch: Watch, run: Run) -> State:
    """Afresh, or where an interrupted run left off."""
    state = State(model, _optimiser(model, phase))
    if (run.work / LAST).exists():
        state.restore(run.work)
        return state
    state.best = snapshot(model)  # zero epochs keep the model as it came
    if phase.hold and run.epochs:
        state.start = watch.validate(model.eval())
    return state


def _progress_bar(run: Run, steps: int, epochs_done: int) -> tqdm:
    done = epochs_done * steps
    return tqdm(total=run.epochs * steps, initial=done, desc=run.title, unit="step")


def _finish(state: State, phase: Phase) -> Fitted:
    state.model.load_state_dict(state.best)
    best = best_epoch(state.history, phase, state.start)
    trouble = hold_broken(state.history, best, phase, state.start)
    if trouble:
        print(f"warning: {trouble}", file=sys.stderr)
    return Fitted(state.best, state.history, best, trouble)


def described(fitted: Fitted, phase: Phase, run: Run) -> dict[str, Any]:
    """For the record of a training: what it was, besides its data and its network."""
    facts = {"phase": asdict(phase), "epochs": run.epochs, "training_seed": run.seed}
    return {**facts, "best_epoch": fitted.best_epoch, "hold_broken": fitted.hold_broken}


def _optimiser(model: nn.Module, phase: Phase) -> torch.optim.Optimizer:
    groups = optimiser_groups(model, phase.groups, phase.weight_decay)
    if not groups:
        raise InputError(f"every parameter is frozen by the phase's groups {phase.groups}")
    return torch.optim.AdamW(groups, betas=(0.9, phase.beta2), fused=True)


def _train_epoch(
    state: State,
    phase: Phase,
    batches: Batches,
    step: Callable[[Any], Row],
    run: Run,
    bar: tqdm,
) -> Row:
    epoch, steps = len(state.history), len(batches)
    torch.manual_seed(run.seed * 100_003 + epoch)  # dropout, and the order in which pcgrad projects
    train_mode(state.model, phase.groups)
    sums: Row = dict.fromkeys([*phase.losses, "loss"], 0.0)
    for number, batch in enumerate(batches.epoch(epoch)):
        factor = learning_rate_factor(epoch * steps + number, run.epochs * steps, phase, steps)
        for group in state.optimiser.param_groups:
            group["lr"] = group["base_lr"] * factor
        for name, value in step(batch).items():
            sums[name] += value
        bar.update()
        bar.set_postfix(_progress(epoch, run, sums["loss"] / (number + 1), state.history))
    row = {f"train_{name}": value / steps for name, value in sums.items()}
    return {"epoch": float(epoch), "lr": state.optimiser.param_groups[0]["lr"], **row}


def _progress(epoch: int, run: Run, loss: float, history: list[Row]) -> dict[str, str]:
    validation = {k: v for k, v in history[-1].items() if k.startswith("val_")} if history else {}
    shown = {"loss": loss, **validation}
    return {"epoch": f"{epoch + 1}/{run.epochs}", **{k: f"{v:.3f}" for k, v in shown.items()}}


def train_step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    batch: Any,
    phase: Phase,
    objective: Objective,
    compute: Compute,
) -> Row:
    """One step down the phase's weighted terms; the value of each, and of their sum."""
    with compute.autocast():
        prediction = model(*batch.inputs)
    losses = {name: objective.terms[name](prediction, batch) for name in phase.losses}
    weighted = {name: phase.losses[name] * loss for name, loss in losses.items()}
    values = {name: float(loss.detach()) for name, loss in losses.items()}
    for name, value in values.items():
        if not math.isfinite(value):
            raise InputError(f"loss {name} became {value}; lower the learning rate of the phase")
    optimiser.zero_grad(set_to_none=True)
    learning = [p for group in optimiser.param_groups for p in group["params"]]
    total = DESCENTS[objective.descent](weighted, objective.tasks, learning)
    norm = nn.utils.clip_grad_norm_(learning, phase.clip_norm)
    if not torch.isfinite(norm):
        raise InputError(
            f"the gradient became {float(norm)} while every loss was finite ({values}); "
            "lower the learning rate of the phase"
        )
    optimiser.step()
    return {**values, "loss": float(total)}


def learning_rate_factor(step: int, steps: int, phase: Phase, steps_per_epoch: int) -> float:
    """Linear warm-up, then half a cosine down to zero; a function of the step, not a state."""
    warmup_steps = phase.warmup_epochs * steps_per_epoch
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    done = (step - warmup_steps) / max(1.0, steps - warmup_steps)
    return 0.5 * (1.0 + math.cos(math.pi * done))


def _better(row: Row, phase: Phase, state: State) -> bool:
    return best_epoch([*state.history, row], phase, state.start) == len(state.history)


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def write_history(path: Path, history: list[Row]) -> None:
    buffer = io.StringIO()
    if history:
        writer = csv.DictWriter(buffer, fieldnames=list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: f"{value:.8g}" for name, value in row.items()} for row in history)
    write_text(path, buffer.getvalue())
