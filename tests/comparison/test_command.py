"""The files from committed predictions are those of the run that made the predictions."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from ivfgrade.comparison.__main__ import main
from ivfgrade.comparison.collect import collect
from ivfgrade.comparison.study import Study, study_of
from ivfgrade.comparison.trials import read_experiments
from ivfgrade.comparison.write import write_comparison
from ivfgrade.errors import InputError
from tests.comparison.made import BOOTSTRAP, SCHEME, all_rows, trials, truth

PROJECT = Path(__file__).resolve().parents[2]
FILES = {"table.json", "table.csv", "table.md", "ledger.json", "ledger.md", "ladder.json",
         "stability.json"}  # fmt: skip


@pytest.fixture
def experiments(tmp_path) -> Path:
    for name, table in all_rows(truth(), 2).items():
        home = tmp_path / "experiments" / name
        home.mkdir(parents=True)
        table.to_csv(home / "per_image.csv", index=False, float_format="%.6g")
        about = {"training_seed": 2, "fold": None, "profile": "paper", "data_digest": "d"}
        (home / "row.json").write_text(json.dumps(about))
    return tmp_path / "experiments"


def run(*arguments: Path | str):
    import typer

    app = typer.Typer()
    app.command()(main)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write_study(results: Path) -> None:
    about = {"data": "synthetic", "bootstrap": vars(BOOTSTRAP)}
    (results / "study.json").write_text(json.dumps(about))


def test_the_same_bytes_as_the_stage_wrote(experiments, tmp_path):
    study = study_of(read_experiments(experiments), SCHEME, BOOTSTRAP, "synthetic")
    write_comparison(study, tmp_path / "stage")
    collect(experiments, tmp_path / "results" / "seed2")
    write_study(tmp_path / "results")
    scheme = PROJECT / "grading" / "s1-abcd.yaml"
    done = run(tmp_path / "results", tmp_path / "again", "--grading", scheme)
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "stage").iterdir()} == FILES
    for name in FILES:
        again = (tmp_path / "again" / name).read_bytes()
        assert again == (tmp_path / "stage" / name).read_bytes(), name
    raw = pd.read_csv(experiments / "C" / "per_image.csv")
    cells = pd.read_csv(tmp_path / "again" / "table.csv").set_index("row")
    assert cells.loc["C", "dice"] == pytest.approx(raw["dice"].mean(), abs=1e-6)
    assert cells.loc["C", "mae_direct"] == pytest.approx(raw["error_direct"].mean(), abs=1e-6)
    assert cells.loc["E", "mae_hard"] == pytest.approx(
        pd.read_csv(experiments / "E" / "per_image.csv")["error_hard"].mean(), abs=1e-6
    )


def test_a_folder_without_results_is_one_line(tmp_path):
    done = run(tmp_path, tmp_path / "out")
    assert done.exit_code == 1
    assert done.output.startswith("error: ")
    assert not (tmp_path / "out").exists()


def test_the_quick_profile_is_recognised_by_its_rows():
    made = trials()
    assert not study_of(made, SCHEME, BOOTSTRAP, "synthetic").machinery_only
    quick = [type(trial)(trial.training_seed, None, trial.rows, profile="quick") for trial in made]
    assert study_of(quick, SCHEME, BOOTSTRAP, "synthetic").machinery_only


@pytest.mark.parametrize("what", ["profile", "recipe"])
def test_trials_of_two_kinds_are_not_pooled(what):
    made = trials()
    other = type(made[0])(3, None, made[0].rows, **{what: "faithful"})
    with pytest.raises(InputError, match=f"are of different {what}s"):
        study_of([*made, other], SCHEME, BOOTSTRAP, "synthetic")


def test_the_data_are_named():
    def named(name: str) -> Study:
        return study_of(trials(), SCHEME, BOOTSTRAP, name)

    assert named("synthetic").data == "on synthetic embryos"
    assert named("mine").data == "on the data set mine"


def test_a_kept_trial_knows_where_it_came_from_but_no_computers_name(
    experiments: Path, tmp_path: Path
) -> None:
    origin = {"stage": "learn@C", "commit": "c0ffee", "host": "lab-7", "device": "cuda:0"}
    (tmp_path / "provenance").mkdir()
    (tmp_path / "provenance" / "C.json").write_text(json.dumps(origin))
    collect(experiments, tmp_path / "kept", provenance=tmp_path / "provenance")
    kept = json.loads((tmp_path / "kept" / "trial.json").read_text())["provenance"]
    assert kept == {"learn@C": {k: v for k, v in origin.items() if k != "host"}}
