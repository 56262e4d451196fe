"""Every row that params.yaml describes fits the phase it names, in both recipes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.rows import Experiments, Frozen, Learnt, changed
from ivfgrade.fragmentation.sampling import KINDS
from ivfgrade.fragmentation.stored import build_network
from ivfgrade.fragmentation.teaching import TAUGHT_TERMS
from ivfgrade.params import Params, load_params
from ivfgrade.training.loop import Objective
from ivfgrade.training.param_groups import learning_rate

PARAMS = load_params(Path(__file__).resolve().parents[2] / "params.yaml")
RECIPES = tuple(PARAMS.recipes)
ROWS = PARAMS.experiments


def with_recipe(name: str) -> Params:
    return replace(PARAMS, recipe=name)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("row", ROWS.learnt.values(), ids=list(ROWS.learnt))
def test_a_learnt_row_can_be_trained(row: Learnt, recipe: str) -> None:
    params = with_recipe(recipe)
    phase = row.of(params.phase(row.phase))
    Objective(TAUGHT_TERMS, descent=row.descent).require(phase.losses)
    assert set(phase.batch) <= set(KINDS)
    with torch.device("meta"):
        parts = params.active_recipe.segmenter, params.active_recipe.regressor
        network = build_network(row.spec(*parts), params.active_recipe.outlining.output_stride)
    for name, _ in network.named_parameters():
        assert learning_rate(name, phase.groups)
    asks_ratio = bool({"precise", "range"} & set(phase.losses))
    assert network.head.regresses == asks_ratio


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("row", ROWS.frozen.values(), ids=list(ROWS.frozen))
def test_a_frozen_row_learns_from_known_losses(row: Frozen, recipe: str) -> None:
    phase = row.of(with_recipe(recipe).active_recipe.finetune)
    Objective(TERMS).require(phase.losses)
    assert {"range", "likelihood"} & set(phase.losses)


@pytest.mark.parametrize("recipe", RECIPES)
def test_rows_that_are_compared_see_as_many_graded_images_per_step(recipe: str) -> None:
    params = with_recipe(recipe)
    phases = [row.of(params.phase(row.phase)) for row in ROWS.learnt.values()]
    assert len({phase.batch["paired"] for phase in phases}) == 1
    assert len({phase.batch["unmasked"] for phase in phases if "unmasked" in phase.batch}) == 1
    assert len({(phase.groups, phase.warmup_epochs, phase.weight_decay) for phase in phases}) == 1


def test_a_loss_is_weighted_otherwise_added_or_left_out() -> None:
    phase = PARAMS.recipes["plus"].finetune
    other = changed(phase, ["paired"], {"range": 0, "precise": 2.0, "likelihood": 1.0})
    assert other.losses == {
        **{name: weight for name, weight in phase.losses.items() if name != "range"},
        "precise": 2.0,
        "likelihood": 1.0,
    }
    assert other.batch == {"paired": phase.batch["paired"]}


@pytest.mark.parametrize(
    ("images", "losses", "message"),
    [(["masked"], {}, "image masked"), (["paired"], {"rnage": 0}, "loss rnage")],
)
def test_what_a_phase_does_not_have_cannot_be_chosen_or_left_out(
    images: list[str], losses: dict[str, float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        changed(PARAMS.recipes["plus"].finetune, images, losses)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": {"G": "models/G"}}, "name G, a row that is not described"),
        ({"explained": {}}, "explained must name at least one row"),
        ({"models": {"F": "models/experiments/F"}}, "models names F, but not the row of"),
        ({"frozen": {"C": ROWS.frozen["F"]}}, "both name a row C"),
    ],
)
def test_a_table_that_cannot_be_made_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Experiments(**{**vars(ROWS), **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"losses": {"taught": 0.5}}, "need each other"),
        ({"conflict_batches": -1}, "must not be negative"),
        ({"head": "none", "injection": "none"}, "where one network learns both tasks"),
        ({"outlines": False, "conflict_batches": 0}, "without outlines"),
        ({"trunk": "inception_v3"}, "resnet50"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(ROWS.learnt["C"], **change)
