from __future__ import annotations

from pathlib import Path

from ivfgrade.tracking.own_params import own_params
from tests.tracking.results import PARAMS


def test_a_training_shows_only_what_its_stage_declares(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("recipe: plus\nrecipes: {plus: {pretrain: {lr: 1}}}\n")
    (tmp_path / "dvc.yaml").write_text(
        "stages: {pretrain: {cmd: x, params: [seed, 'recipes.${recipe}.pretrain']}}\n"
    )
    flat = {**PARAMS, "recipe.pretrain.lr": 1, "recipe.pretrained": 2, "evaluate.samples": 3}
    own = own_params("pretrain", flat, tmp_path)
    named = {"recipe.name", "profile.name", "data.root"}  # what the run is called after
    assert set(own) == {*named, "seed", "recipe.pretrain.lr"}
