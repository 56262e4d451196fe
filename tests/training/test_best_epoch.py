"""Which epoch is kept: by the rule, but only among those that hold what was there."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from ivfgrade.training.best_epoch import best_epoch
from tests.training.simple import PHASE


def test_an_undefined_value_is_never_the_best_epoch() -> None:
    history = [{"val_error": math.nan}, {"val_error": 2.0}, {"val_error": 1.0}]
    assert best_epoch(history, PHASE, {}) == 2
    assert best_epoch(history, replace(PHASE, keep=("error", "max")), {}) == 1


def test_an_epoch_that_gave_up_what_was_there_is_not_kept_while_another_held_it() -> None:
    phase = replace(PHASE, hold=("dice", 0.01))
    rows = [(0.3, 0.70), (0.2, 0.495), (0.1, 0.40), (0.25, 0.60)]
    history = [{"val_error": error, "val_dice": dice} for error, dice in rows]
    assert best_epoch(history, phase, {"dice": 0.5}) == 1
    assert best_epoch(history, phase, {"dice": 0.6}) == 3
    assert best_epoch(history, replace(phase, hold=None), {}) == 2


def test_if_no_epoch_held_what_was_there_the_one_that_lost_least_is_kept() -> None:
    phase = replace(PHASE, hold=("dice", 0.01))
    rows = [(0.3, 0.70), (0.2, 0.88), (0.1, 0.40)]
    history = [{"val_error": error, "val_dice": dice} for error, dice in rows]
    assert best_epoch(history, phase, {"dice": 0.9}) == 1
    assert best_epoch(history[:1], phase, {"dice": 0.9}) == 0  # and while it is still training


def test_holding_something_needs_a_rule() -> None:
    with pytest.raises(ValueError, match="hold ranks epochs"):
        replace(PHASE, keep=None, hold=("error", 0.1))
