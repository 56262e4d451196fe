"""A trained model on a folder of its own images, or of another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivfgrade.elsewhere import require_out, warn_of_seen
from ivfgrade.errors import InputError


def test_images_of_the_training_are_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_seen({"images": 9, "data": "mine", "seen_in_training": 3})
    shown = capsys.readouterr()
    assert shown.err.startswith("warning: 3 of the 9 images of mine were in the train, val or")
    assert shown.err.count("\n") == 1
    assert not shown.out  # which holds the report's table


def test_images_that_are_new_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_seen({"images": 9, "data": "mine", "seen_in_training": 0})
    assert not capsys.readouterr().err


def test_a_report_goes_neither_into_the_data_nor_where_nothing_can_be_made(tmp_path: Path) -> None:
    data, file = tmp_path / "mine", tmp_path / "file"
    data.mkdir()
    file.touch()
    for out, reason in ((data / "out", "lies in the data"), (file / "out", "cannot be made")):
        with pytest.raises(InputError, match=reason):
            require_out(data, out)
    require_out(data, tmp_path / "reports/mine")
    assert (tmp_path / "reports/mine").is_dir()
