"""What rows and trials say of themselves is checked where it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivfgrade.comparison.read_trials import read_experiments, read_results
from ivfgrade.errors import InputError
from tests.comparison.conftest import Kept
from tests.comparison.made import ROWS as ALL
from tests.comparison.made import about


def test_a_row_that_does_not_say_what_it_is_is_refused(experiments: Path) -> None:
    facts = {name: value for name, value in about().items() if name != "verdicts"}
    (experiments / "C" / "row.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"C/row.json lacks verdicts"):
        read_experiments(experiments, ALL)


@pytest.mark.parametrize(
    "name", ["training_seed", "fold", "profile", "recipe", "verdicts", "data_digest"]
)
def test_rows_of_another_trial_are_refused(experiments: Path, name: str) -> None:
    path = experiments / "D" / "row.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: 7}))
    with pytest.raises(InputError, match=f"row D .* has {name} 7, but row Baseline has"):
        read_experiments(experiments, ALL)


def test_what_all_rows_say_must_be_possible(experiments: Path) -> None:
    row = experiments / "C" / "row.json"
    row.write_text(json.dumps({**json.loads(row.read_text()), "training_seed": "two"}))
    with pytest.raises(InputError, match='C/row.json: training_seed must be .*, not "two"'):
        read_experiments(experiments, ["C"])


def test_a_trial_needs_its_seed(tmp_path: Path, kept: Kept) -> None:
    home = kept(2, None, "one")
    (home / "trial.json").write_text(json.dumps({"fold": None, "profile": "paper"}))
    with pytest.raises(InputError, match=r"trial.json lacks training_seed, .* order, rows"):
        read_results(tmp_path / "results")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("training_seed", "two", 'training_seed must be a whole number from 0, not "two"'),
        ("training_seed", True, "training_seed must be a whole number from 0, not true"),
        ("fold", 1.5, "fold must be a whole number from 0, or null, not 1.5"),
        ("verdicts", "yes", "verdicts must be true or false"),
        ("order", ["A", "A"], "order must be a list of names, each once"),
        ("order", ["A", "C", "G"], "lacks rows.G"),
        ("rows", [], "rows must be an object"),
        ("rows", {"A": 3, "C": {}}, "rows.A must be an object, not 3"),
        ("rows", {"A": {"epochs": "many"}, "C": {}}, "rows.A.epochs must be a whole number from 1"),
        ("rows", {"A": {"phase": {"keep": None}}, "C": {}}, "lacks rows.A.phase.hold"),
        ("rows", {"A": {"model": {}}, "C": {}}, "lacks rows.A.epochs"),
    ],
)
def test_a_kept_trial_with_absurd_values_is_one_sentence(
    tmp_path: Path, kept: Kept, key: str, value: object, message: str
) -> None:
    home = kept(2, None, "one")
    about = json.loads((home / "trial.json").read_text())
    (home / "trial.json").write_text(json.dumps({**about, key: value}))
    with pytest.raises(InputError, match=f"one/trial.json.*{message}"):
        read_results(tmp_path / "results")


def test_a_broken_file_of_kept_results_is_not_made_by_the_pipeline(
    tmp_path: Path, kept: Kept
) -> None:
    home = kept(2, None, "one")
    for text, message in (("{", "trial.json cannot be read"), ("[]", "its content must be an obj")):
        (home / "trial.json").write_text(text)
        with pytest.raises(InputError, match=message) as refusal:
            read_results(tmp_path / "results")
        assert "dvc repro" not in str(refusal.value)


def test_broken_measures_of_a_kept_trial_are_named(tmp_path: Path, kept: Kept) -> None:
    home = kept(2, None, "one")
    (home / "focus").mkdir()
    part = {"verdict": 3, "rank_correlation": {"value": 0.1, "low": 0.0, "high": 0.2}}
    (home / "focus" / "C.json").write_text(json.dumps({"gradcam_pp": {"control": {"head": part}}}))
    with pytest.raises(InputError, match=r"C.json: gradcam_pp.control.head.verdict must be a text"):
        read_results(tmp_path / "results")
    (home / "focus" / "C.json").unlink()
    (home / "texture.json").write_text(json.dumps({"measured": {"lbp_auc_d": {"value": 0.5}}}))
    with pytest.raises(InputError, match=r"texture.json lacks measured.lbp_auc_d.low"):
        read_results(tmp_path / "results")
