"""Which trials go together: one rule for those that are kept and the one that is yet to run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivfgrade.comparison.identity import Identity
from ivfgrade.comparison.poolable import require_poolable
from ivfgrade.errors import InputError

FIRST = Identity(training_seed=2, fold=0, profile="paper", recipe="plus", data_digest="d1")
SECOND = replace(FIRST, training_seed=3)


def with_epochs(trial: Identity, epochs: int) -> Identity:
    active = {"profile": "paper", "recipe": "plus"}
    every = {"profiles": {"paper": {"epochs": epochs}}, "recipes": {"plus": {}}}
    return replace(trial, values={**active, **every})


@pytest.mark.parametrize(
    "more",
    [{}, {"fold": 1}, {"data_digest": None}, {"training_seed": 2, "fold": 1}],
)
def test_other_seeds_and_folds_go_together(more: dict) -> None:
    pair = [FIRST, replace(SECOND, **more)]
    require_poolable(pair)
    with pytest.raises(InputError, match="two trials are of"):  # nothing else stands in the way
        require_poolable([*pair, pair[1]])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"fold": None}, "training seed 3, single split and training seed 2, fold 0 do not mix"),
        ({"training_seed": 2}, "two trials are of training seed 2, fold 0"),
        ({"data_digest": "d2"}, "fold 0 and training seed 2, fold 0 were run on different data"),
        ({"profile": "quick"}, "are of different profiles, quick and paper"),
        ({"recipe": "faithful"}, "are of different recipes, faithful and plus"),
    ],
)
def test_what_stands_in_the_way_is_one_sentence_with_a_way_out(more: dict, message: str) -> None:
    with pytest.raises(InputError, match=f"{message}.*: keep them in different folders of results"):
        require_poolable([FIRST, replace(SECOND, **more)])


def test_values_are_compared_where_they_were_kept() -> None:
    require_poolable([with_epochs(FIRST, 3), with_epochs(SECOND, 3)])
    with pytest.raises(InputError, match="different values, profiles.paper.epochs is 4 and 3"):
        require_poolable([with_epochs(FIRST, 3), with_epochs(SECOND, 4)])


def test_every_two_trials_must_go_together_not_only_each_with_the_first() -> None:
    third = replace(FIRST, training_seed=4)
    with pytest.raises(InputError, match="seed 4, fold 0 and training seed 3, fold 0 were made"):
        require_poolable([FIRST, with_epochs(SECOND, 3), with_epochs(third, 4)])
