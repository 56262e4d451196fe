"""A trained model on a folder of its own images, or of another's."""

from __future__ import annotations

import pytest

from ivfgrade.elsewhere import warn_of_seen


def test_images_of_the_training_are_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_seen({"images": 9, "data": "mine", "seen_in_training": 3})
    shown = capsys.readouterr()
    assert shown.err.startswith("warning: 3 of the 9 images of mine were in the train, val or")
    assert shown.err.count("\n") == 1
    assert not shown.out  # which holds the report's table


def test_images_that_are_new_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_seen({"images": 9, "data": "mine", "seen_in_training": 0})
    assert not capsys.readouterr().err
