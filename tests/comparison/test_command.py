"""The files from committed predictions are those of the run that made the predictions."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from ivfgrade.comparison.__main__ import main
from ivfgrade.comparison.files import RESERVED
from ivfgrade.comparison.read_trials import read_experiments
from ivfgrade.comparison.study import Study, study_of
from ivfgrade.comparison.write import write_comparison
from ivfgrade.errors import InputError
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import load_scheme
from tests.comparison.made import (
    BOOTSTRAP,
    PROJECT,
    ROWS,
    SCHEME,
    another,
    learnt,
    of_project,
    trials,
    write_row,
)

FILES = {"table.json", "table.csv", "table.md", "ledger.json", "ledger.md", "ladder.json",
         "stability.json"}  # fmt: skip


@pytest.fixture
def experiments(tmp_path) -> Path:
    for name in ROWS:
        write_row(tmp_path / "experiments" / name, name, 2)
    return tmp_path / "experiments"


def run(*arguments: Path | str):
    import typer

    app = typer.Typer()
    app.command()(main)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_same_bytes_as_the_stage_wrote(experiments, tmp_path, keep):
    keep(experiments, tmp_path / "results" / "seed2", ROWS)
    resampled = Bootstrap(**json.loads((tmp_path / "results/study.json").read_text())["bootstrap"])
    stride = of_project().recipes["plus"].outlining.output_stride
    found = read_experiments(experiments, ROWS, training_stride=stride)
    study = study_of(found, SCHEME, resampled, "synthetic")
    write_comparison(study, tmp_path / "stage")
    done = run(tmp_path / "results", tmp_path / "again")
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


def test_a_file_is_no_place_for_tables(tmp_path):
    (tmp_path / "file").write_text("")
    done = run(tmp_path, tmp_path / "file" / "tables")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert f"{tmp_path / 'file'} is a file" in done.output


def test_a_profile_without_verdicts_is_recognised_by_its_rows():
    made = trials((2, 3))
    assert not study_of(made, SCHEME, BOOTSTRAP, "synthetic").machinery_only
    one_without = [made[0], replace(made[1], verdicts=False)]
    assert study_of(one_without, SCHEME, BOOTSTRAP, "synthetic").machinery_only


def test_the_kept_scheme_is_used_unless_another_is_given(experiments, tmp_path, keep, monkeypatch):
    results = tmp_path / "results"
    keep(experiments, results / "seed2", ROWS)
    monkeypatch.chdir(tmp_path)  # where no scheme lies
    assert run(results, tmp_path / "out").exit_code == 0
    table = json.loads((tmp_path / "out" / "table.json").read_text())
    kept = results / "grading.yaml"
    other = tmp_path / "other.yaml"
    other.write_text(
        kept.read_text().replace("low: 0.10", "low: 0.05").replace("high: 0.10", "high: 0.05")
    )
    assert other.read_text() != kept.read_text()
    assert run(results, tmp_path / "other", "--grading", tmp_path / "gone.yaml").exit_code == 1
    kept.unlink()
    assert "results/grading.yaml cannot be read" in run(results, tmp_path / "none").output
    assert run(results, tmp_path / "other", "--grading", other).exit_code == 0
    assert table["rows"][0]["row"] == ROWS[0]


@pytest.mark.parametrize("what", ["profile", "recipe"])
def test_trials_of_two_kinds_are_not_pooled(what):
    made = trials()
    other = another(made[0], training_seed=3, **{what: "faithful"})
    with pytest.raises(InputError, match=f"are of different {what}s"):
        study_of([*made, other], SCHEME, BOOTSTRAP, "synthetic")


def test_the_data_are_named():
    def named(name: str) -> Study:
        return study_of(trials(), SCHEME, BOOTSTRAP, name)

    assert named("synthetic").data == "on synthetic embryos"
    assert named("mine").data == "on the data set mine"
    assert named("mine").facts()["data_digests"] == ["d1"]


def test_a_kept_trial_knows_where_it_came_from_but_no_computers_name(
    experiments: Path, tmp_path: Path, keep
) -> None:
    origin = {"stage": "learn@C", "commit": "c0ffee", "host": "lab-7", "device": "cuda:0"}
    (tmp_path / "provenance").mkdir()
    for stage in ("learn@C", "learn@Gone", "compare"):
        path = tmp_path / "provenance" / f"{stage}.json"
        path.write_text(json.dumps({**origin, "stage": stage}))
    keep(experiments, tmp_path / "kept", ROWS, provenance=tmp_path / "provenance")
    kept = json.loads((tmp_path / "kept" / "trial.json").read_text())["provenance"]
    assert set(kept) == {"learn@C", "compare"}  # no stage of a row that is not in the table
    assert kept["learn@C"] == {k: v for k, v in origin.items() if k != "host"}


def test_a_kept_trial_holds_the_values_that_made_it(experiments, tmp_path, keep):
    keep(experiments, tmp_path / "results" / "one", ROWS)
    kept = tmp_path / "results" / "one" / "params.yaml"
    assert kept.read_bytes() == (PROJECT / "params.yaml").read_bytes()
    scheme = tmp_path / "results" / "grading.yaml"
    assert load_scheme(scheme) == load_scheme(PROJECT / "grading" / "s1-abcd.yaml")


def test_values_that_did_not_make_the_rows_are_refused(experiments, tmp_path, keep):
    with pytest.raises(InputError, match="training_seed 7, but the rows were made with 2"):
        keep(experiments, tmp_path / "results" / "one", ROWS, seed=7)
    with pytest.raises(InputError, match="fold 1, but the rows were made with None"):
        keep(experiments, tmp_path / "results" / "one", ROWS, fold=1)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": 7}, "has epochs 80 for row C, which was made with 7"),
        ({"init": {"name": "none"}}, "has init imagenet for row C, which was made with none"),
        ({"phase": {**learnt("C")["phase"], "clip_norm": 9.0}},
         r"has phase.clip_norm 1.0 for row C, which was made with 9.0"),
        ({"phase": {**learnt("C")["phase"], "losses": {"bce": 1.0}}}, r"has phase.losses.bce 0.5"),
    ],
)  # fmt: skip
def test_a_training_with_other_values_is_refused(experiments, tmp_path, keep, changed, message):
    row = experiments / "C" / "row.json"
    row.write_text(json.dumps({**json.loads(row.read_text()), **changed}))
    with pytest.raises(InputError, match=message):
        keep(experiments, tmp_path / "results" / "one", ROWS)
    assert not (tmp_path / "results").exists()


def test_a_trial_of_another_study_is_kept_elsewhere(experiments, tmp_path, keep):
    results = tmp_path / "results"
    keep(experiments, results / "one", ROWS)
    (results / "grading.yaml").write_text("another: scheme")
    with pytest.raises(InputError, match="grading.yaml is of another study"):
        keep(experiments, results / "two", ROWS)
    assert not (results / "two").exists()


@pytest.mark.parametrize("name", ["texture", "Texture", "trial", "validation"])
def test_a_row_that_would_take_the_place_of_the_trials_files_is_not_kept(
    experiments, tmp_path, keep, name
):
    (experiments / "C").rename(experiments / name)
    with pytest.raises(InputError, match=f"^a row named {name} cannot be kept, [^\n]*$"):
        keep(experiments, tmp_path / "results" / "one", ("A", name))
    assert not (tmp_path / "results").exists()


def test_no_row_may_have_the_name_of_anything_that_a_trial_keeps(experiments, tmp_path, keep):
    (experiments / "C" / "history.csv").write_text("epoch\n1\n")
    looks, texture = tmp_path / "focus", tmp_path / "texture"
    (looks / "C").mkdir(parents=True)
    (looks / "C" / "metrics.json").write_text("{}")
    texture.mkdir()
    (texture / "metrics.json").write_text('{"measured": {}}')
    pd.DataFrame(columns=["image", "ratio", "lbp_mlp", "glcm_mlp"]).to_csv(
        texture / "per_image.csv"
    )
    home = tmp_path / "results" / "one"
    keep(experiments, home, ("A", "C"), focus=looks, texture=texture)
    assert {path.stem for path in home.iterdir()} - {"A", "C"} == RESERVED


def test_what_was_not_kept_is_said(experiments, tmp_path, keep, capsys):
    (experiments / "C" / "history.csv").write_text("epoch\n1\n")
    keep(experiments, tmp_path / "results" / "one", ("A", "C"))
    said = capsys.readouterr().out
    assert "without history of A; focus; texture; texture per image; provenance" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bootstrap": {"samples": 0, "confidence": 0.95, "seed": 2}}, "bootstrap.samples must be"),
        ({"bootstrap": {"samples": 9, "confidence": 95, "seed": 2}}, "bootstrap.confidence must"),
        ({"bootstrap": {"samples": 9, "confidence": 0.95}}, "lacks bootstrap.seed"),
        ({"bootstrap": 3}, "bootstrap must be an object, not 3"),
        ({"data": None}, "data must be a text, not null"),
    ],
)
def test_a_broken_study_is_one_sentence(experiments, tmp_path, keep, change, message):
    keep(experiments, tmp_path / "results" / "one", ROWS)
    path = tmp_path / "results" / "study.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    done = run(tmp_path / "results", tmp_path / "out")
    assert done.exit_code == 1
    assert done.output.startswith(f"error: {path}")
    assert message in done.output
