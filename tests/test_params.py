"""params.yaml as it stands is valid, and a wrong one stops with the name of the key."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ivfgrade.errors import InputError
from ivfgrade.params import load_params

COMMITTED = Path("params.yaml")


def changed(folder: Path, dotted: str, value: Any) -> Path:
    """params.yaml with one value set, or removed if it is None."""
    content = YAML(typ="safe").load(COMMITTED.read_text())
    *parents, key = dotted.split(".")
    section = content
    for parent in parents:
        section = section[parent]
    if value is None:
        del section[key]
    else:
        section[key] = value
    path = folder / "params.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump(content, file)
    return path


def test_the_committed_file_is_valid_and_profiles_differ_as_promised() -> None:
    params = load_params(COMMITTED)
    quick, paper = params.profiles["quick"], params.profiles["paper"]
    assert (paper.synthesize.paired, paper.synthesize.weak) == (318, 1549)
    assert (quick.init, paper.init) == ("none", "imagenet")
    assert params.image.size == 299


def test_the_faithful_recipe_has_the_papers_learning_rates() -> None:
    faithful = load_params(COMMITTED).recipes["faithful"]
    assert {rate for _, rate in faithful.pretrain.groups} == {1e-4}
    assert {rate for _, rate in faithful.finetune.groups} == {1e-5, None}
    assert faithful.segmenter.gate_bias == 0.0
    assert faithful.ratio == "direct"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sede", 1, "unknown parameter sede"),
        ("seed", None, "missing parameter seed"),
        ("profile", "huge", "parameter profile is 'huge'; it can be"),
        ("recipe", "best", "recipe is 'best'"),
        ("precision", "fp16", "precision is 'fp16'; it can be auto, bf16, fp32"),
        ("data.on_bad", "ignore", "data.on_bad is 'ignore'"),
        ("recipes.plus.finetune.keep", ["mea", "min"], "finetune.keep names mea; it can name dice"),
        ("recipes.plus.finetune.hold", ["bias", 0.1], "finetune.hold names bias"),
        ("profiles.paper.views", 9, "views must lie between 1 and 8"),
        ("profiles.quick.synthesize.paird", 1, "profiles.quick.synthesize.paird"),
        ("recipes.plus.pretrain.losses.bce", "0.5", "recipes.plus.pretrain.losses.bce is '0.5'"),
        ("recipes.faithful.finetune.clip", 1.0, "unknown parameter recipes.faithful.finetune.clip"),
        ("split.annotated.test", 0.5, "fractions that add up to 1"),
        ("image.size", 299.5, "image.size is 299.5"),
        ("seed", -1, "seed must lie between"),
        ("split.annotated.test", math.nan, "fractions that add up to 1"),
        ("profiles.quick.synthesize.focus_depth_um", math.nan, "focus_depth_um must be positive"),
        ("recipes.plus.grade_margin", -0.4, "plus.grade_margin must lie"),
        ("recipes.plus.segmenter.aspp_rates", [], "aspp_rates must hold"),
        ("recipes.plus.segmenter.aspp_dropout", 2.0, "aspp_dropout must lie"),
        ("recipes.plus.outlining.augment.scale", [0.0, 0.0], "augment.scale must be two positive"),
        ("recipes.plus.outlining.augment.blur_px", -1.0, "blur_px must not be negative"),
        ("recipes.plus.pretrain.groups", [[".*", -0.1]], "rate of '..' must be positive"),
        ("recipes.plus.pretrain.groups", [["(", 0.1]], "is no regular expression"),
        ("recipes.plus.pretrain.beta2", 1.5, "beta2 must lie"),
        ("recipes.plus.pretrain.clip_norm", 0.0, "clip_norm must be positive"),
        ("bundle.calibrants.first_patient", 100, "bundle.calibrants.first_patient is 100, and"),
        (
            "assay.first_patient",
            100_319,
            "assay.first_patient is 100319, and others have patients up to 100319",
        ),
        ("bundle.variants.settle_images", 300, "together they can be 320, as calibrants.good"),
        ("experiments.learnt.C.descent", "nash", "descent is 'nash'; it can be sum, pcgrad"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, key: str, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_params(changed(tmp_path, key, value))


def test_flat_names_the_active_profile_and_recipe_only(tmp_path: Path) -> None:
    flat = load_params(changed(tmp_path, "recipe", "faithful")).flat()
    assert flat["recipe.name"] == "faithful"
    assert flat["recipe.ratio"] == "direct"
    assert flat["profile.name"] == "quick"
    assert not any(name.startswith(("recipes", "profiles")) for name in flat)


def test_a_missing_or_broken_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: ä", encoding="latin-1")
    with pytest.raises(InputError, match="not UTF-8 text"):
        load_params(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [")
    with pytest.raises(InputError, match="not valid YAML"):
        load_params(tmp_path / "params.yaml")
