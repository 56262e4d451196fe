"""Every row that params.yaml describes fits the phase it names, in both recipes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import torch

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.experiments import Experiments
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.model import GATES, HEADS, INJECTIONS
from ivfgrade.fragmentation.regression import TRUNKS
from ivfgrade.fragmentation.rows import LOSSES, Frozen, Learnt, changed
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
    assert network.head.regresses == bool({"precise", "range"} & set(phase.losses))


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


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_longer_row_sees_as_many_images_as_one_that_also_takes_graded_ones(recipe: str) -> None:
    params, passes = with_recipe(recipe), {}
    for name in ("A_longer", "A_weak", "B1", "B2"):
        row = ROWS.learnt[name]
        phase = params.phase(row.phase)
        steps = row.epochs(phase, 40)  # an epoch is one pass over the paired images
        passes[name] = steps * sum(row.of(phase).batch.values()) / phase.batch["paired"]
    assert passes["A_longer"] == passes["A_weak"] > 40
    assert passes["B1"] == passes["B2"]


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


C, F, B2 = ROWS.learnt["C"], ROWS.frozen["F"], ROWS.learnt["B2"]
MODELS = {name: ROWS.models[name] for name in ("A", "C", "D")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": {**ROWS.models, "G": "models/experiments/G"}}, "a row that is not described"),
        (
            {"models": {**ROWS.models, "C": "models/experiments/E"}},
            "C must be models/experiments/C",
        ),
        ({"models": {**ROWS.models, "A": "/etc"}}, "A must be models/pretrain"),
        ({"models": {}}, "must name rows"),
        ({"explained": {}}, "must name rows"),
        ({"explained": {"A": "models/pretrain"}}, "A, which has no regression head"),
        ({"explained": {"Baseline": "models/experiments/Baseline"}}, "no regression head"),
        ({"models": MODELS}, "explained names B2, which is not in models"),
        (
            {"models": {**MODELS, "B2": ROWS.models["B2"], "F": ROWS.models["F"]}},
            "not A_weak below",
        ),
        ({"frozen": {"C": F}}, "both name a row C"),
        ({"frozen": {"D": F}}, "not A or D"),
        ({"learnt": {**ROWS.learnt, "a;b": C}}, "letters, digits and _"),
        ({"frozen": {**ROWS.frozen, "G": replace(F, segmenter=ROWS.models["F"])}}, "one that outl"),
        (
            {"frozen": {**ROWS.frozen, "G": replace(F, segmenter=ROWS.models["B2"])}},
            "one that outl",
        ),
        ({"frozen": {**ROWS.frozen, "G": replace(F, segmenter="models/nope")}}, "one that outl"),
    ],
)
def test_a_table_that_cannot_be_made_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Experiments(**{**vars(ROWS), **change})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (replace(C, phase="segmenter"), "phase is segmenter; it can be pretrain, finetune"),
        (replace(C, losses={"foo": 1.0}), "loss foo"),
        (replace(C, losses={"bce": -1.0}), "finite and not negative"),
        (replace(C, losses={"bce": float("nan")}), "finite and not negative"),
        (replace(C, images=()), "at least one of one kind"),
        (replace(C, images=("masked",)), "image masked"),
        (replace(C, losses={"precise": 0, "range": 0}), "need each other"),
        (replace(C, passes_as=("masked",)), "passes_as names masked; it can name paired"),
        (replace(B2, phase="joint"), "without outlines cannot learn from the loss bce"),
        (replace(F, losses={"taught": 0.5}), "phase 2 cannot learn from the loss taught"),
        (replace(F, losses={"area_range": 1.0}), "phase 2 cannot learn from the loss area_range"),
        (replace(F, segmenter=ROWS.models["Baseline"]), "segmenter is .*whose gate is none; on"),
        (replace(F, segmenter=ROWS.models["E_constant"]), "whose injection is constant"),
        (replace(B2, losses={"precise": 0, "range": 0}), "at least one positive"),
        (replace(ROWS.learnt["Baseline"], losses={"precise": 1.0}), "need each other"),
        (replace(F, losses=dict.fromkeys(PARAMS.recipes["plus"].finetune.losses, 0)), "positive"),
    ],
)
def test_a_row_that_fits_no_phase_is_refused_with_its_name(
    row: Learnt | Frozen, message: str
) -> None:
    table = "learnt" if isinstance(row, Learnt) else "frozen"
    experiments = replace(ROWS, **{table: {**getattr(ROWS, table), "G": row}})
    with pytest.raises(InputError, match=f"experiments.{table}.G.*{message}"):
        replace(PARAMS, experiments=experiments)


def test_the_names_that_a_row_can_choose_from_are_those_there_are() -> None:
    hints = get_type_hints(Learnt)
    for field, table in (("gate", GATES), ("head", HEADS), ("injection", INJECTIONS)):
        assert set(get_args(hints[field])) == set(table)
    assert set(get_args(hints["trunk"])) == set(TRUNKS)
    assert set(LOSSES) == set(TAUGHT_TERMS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"losses": {"taught": 0.5}}, "need each other"),
        (
            {
                "teacher": ROWS.learnt["A_taught"].teacher,
                "losses": {"taught": 0.0},
                "conflict_batches": 0,
            },
            "need each other",
        ),
        ({"head": "none", "conflict_batches": 0}, "injection must be none in a row without a head"),
        ({"conflict_batches": -1}, "must not be negative"),
        ({"head": "none", "injection": "none"}, "where one network learns both tasks"),
        ({"outlines": False, "conflict_batches": 0}, "without outlines"),
        ({"trunk": "inception_v3"}, "resnet50"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(ROWS.learnt["C"], **change)
