"""Kept trials are pooled only if they are of one study."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from ivfgrade.comparison.read_trials import read_results
from ivfgrade.comparison.trials import Trial
from ivfgrade.errors import InputError
from tests.comparison.conftest import Kept
from tests.comparison.made import IMAGES, study


def pooled(results: Path) -> Sequence[Trial]:
    """A study is what pools; reading alone refuses no trial because of another."""
    return study(read_results(results)).trials


def test_the_same_trial_twice_is_refused(tmp_path: Path, kept: Kept) -> None:
    kept(2, 0, "one")
    kept(2, 0, "other")
    with pytest.raises(InputError, match="two trials are of training seed 2, fold 0"):
        pooled(tmp_path / "results")


def test_an_image_in_two_folds_is_refused(tmp_path: Path, kept: Kept) -> None:
    kept(2, 0, "one")
    home = kept(2, 1, "other")
    for path in home.glob("*.csv"):
        text = path.read_text().replace(f"e{IMAGES:03}.png", "e000.png")
        path.write_text(text)
    with pytest.raises(InputError, match="image e000.png is tested in .*fold 0 and in .*fold 1"):
        pooled(tmp_path / "results")


def test_trials_of_other_data_are_refused(tmp_path: Path, kept: Kept) -> None:
    kept(2, None, "one")
    home = kept(3, None, "other")
    about = json.loads((home / "trial.json").read_text())
    (home / "trial.json").write_text(json.dumps({**about, "data_digest": "d2"}))
    with pytest.raises(InputError, match="were run on different data"):
        pooled(tmp_path / "results")
    (home / "trial.json").write_text(json.dumps(about))
    for path in home.glob("*.csv"):
        table = pd.read_csv(path, keep_default_na=False)
        table.loc[0, "clinical_grade"] = "D"
        table.to_csv(path, index=False)
    with pytest.raises(InputError, match="differ in the clinical_grade of image e000.png"):
        pooled(tmp_path / "results")


def change_values(home: Path, before: str, after: str) -> None:
    text = (home / "params.yaml").read_text()
    assert before in text
    (home / "params.yaml").write_text(text.replace(before, after))


def test_trials_of_other_values_are_refused(tmp_path: Path, kept: Kept) -> None:
    kept(2, None, "one")
    home = kept(3, None, "other")
    change_values(home, "training_seed: 2 ", "training_seed: 3 ")  # these may differ
    change_values(home, "device: auto", "device: cuda")
    change_values(home, "  fold: null", "  fold: 1")
    change_values(home, "    E:  ", "    E_:  ")  # a trial of fewer rows
    trial, _ = pooled(tmp_path / "results")
    assert trial.training_stride == 16
    change_values(home, "learnt_epochs: 1 ", "learnt_epochs: 5 ")
    message = "made with different values, profiles.quick.learnt_epochs is 5 and 1: keep them"
    with pytest.raises(InputError, match=message):
        pooled(tmp_path / "results")


def test_without_kept_values_the_rows_say_how_they_were_made(tmp_path: Path, kept: Kept) -> None:
    kept(2, None, "one")
    home = kept(3, None, "other")
    (home / "params.yaml").unlink()
    assert len(pooled(tmp_path / "results")) == 2
    about = json.loads((home / "trial.json").read_text())
    about["rows"]["C"]["phase"]["losses"]["range"] = 0.5
    (home / "trial.json").write_text(json.dumps(about))
    with pytest.raises(InputError, match=r"C.phase.losses.range is 0.5 and 1.0: keep them"):
        pooled(tmp_path / "results")


def test_a_single_split_and_folds_are_not_pooled(tmp_path: Path, kept: Kept) -> None:
    kept(2, None, "one")
    kept(3, 1, "other")
    with pytest.raises(InputError, match="fold 1 and training seed 2, single split do not mix"):
        pooled(tmp_path / "results")
