"""`ivfgrade trial`: other values in a checkout of their own, with the project's cache."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ivfgrade.cli_trial import assignment, assignments
from ivfgrade.errors import InputError
from ivfgrade.trial_run import TrialRun, changed_params, run_trial
from tests.dag.stand_in import dvc, stand_in

HOME = Path("results/study/seed-3")
COLLECT = """
import json, sys
from pathlib import Path
home = Path(sys.argv[2])
home.mkdir(parents=True)
files = sorted(str(p) for p in Path("models").rglob("*") if p.is_file())
(home / "kept.json").write_text(json.dumps({"arguments": sys.argv[3:], "files": files}))
"""
BROKEN = "raise SystemExit(1)"


def git(root: Path, *arguments: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *author, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = stand_in(tmp_path_factory.mktemp("project"))
    (root / "src/ivfgrade/comparison/collect.py").write_text(COLLECT)
    (root / ".gitignore").write_text("/.work/\n/.dvc/cache/\n/.dvc/tmp/\n/mlruns/\n")
    git(root, "init", "-q")
    git(root, "add", "-A", ":!data", ":!models", ":!reports")
    git(root, "commit", "-qm", "all")
    return root


@pytest.fixture(autouse=True)
def _inside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/mlruns/none.db")
    monkeypatch.setattr("ivfgrade.tracking.store.connect", lambda *_: None)
    monkeypatch.setattr("ivfgrade.tracking.store.experiment_id", lambda *_: "0")


@pytest.mark.parametrize("home", ["../out/x", "results/x", "results/../x", "src/a/b", "/a/b"])
def test_a_trial_writes_below_results_alone(project: Path, home: str) -> None:
    with pytest.raises(InputError, match="must be results/<study>/<trial>"):
        TrialRun(project, Path(home), {}, [])


def test_what_is_kept_is_not_replaced_by_something_else(project: Path) -> None:
    home = Path("results/study/kept")
    (project / home).mkdir(parents=True)
    (project / home / "params.yaml").write_text("training_seed: 1")
    with pytest.raises(InputError, match="results/study/kept keeps something else"):
        run_trial(TrialRun(project, home, {}, []))


def test_data_that_nobody_keeps_is_missed_before_anything_runs(project: Path) -> None:
    trial = TrialRun(project, Path("results/study/own"), {"data.root": "data/raw/mine"}, [])
    with pytest.raises(InputError, match="data/raw/mine is not in the trial's clone: run `dvc add"):
        run_trial(trial)


def test_outside_a_project_there_is_nothing_to_try(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="params.yaml cannot be read .*: run this in the project"):
        run_trial(TrialRun(tmp_path, HOME, {}, []))


def values(root: Path) -> dict:
    return YAML(typ="safe").load((root / "params.yaml").read_text())


def test_a_trial_runs_beside_the_project_and_again_from_where_it_stood(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dvc(project, "repro", "preprocess")
    own = values(project)
    trial = TrialRun(project, HOME, {"training_seed": 3}, ["A", "C", "D"])
    run_trial(trial)
    assert values(project) == own
    assert values(trial.checkout)["training_seed"] == 3
    kept = json.loads((project / HOME / "kept.json").read_text())
    assert {file.split("/")[-2] for file in kept["files"]} >= {"pretrain", "finetune", "C"}
    assert not any("Baseline" in file for file in kept["files"])
    assert kept["arguments"][:2] == ["--texture", "reports/texture"]
    assert "Running stage 'preprocess'" not in capfd.readouterr().out  # the cache is shared

    shutil.rmtree(project / HOME)
    run_trial(trial)
    assert "Running stage" not in capfd.readouterr().out
    assert (project / HOME / "kept.json").exists()
    shutil.rmtree(project / HOME)
    with pytest.raises(InputError, match="holds a trial of other values"):
        run_trial(TrialRun(project, HOME, {"training_seed": 4}, ["A", "C", "D"]))


def test_a_failed_stage_says_where_and_that_the_same_command_goes_on(project: Path) -> None:
    trial = TrialRun(project, Path("results/study/broken"), {"training_seed": 5}, [])
    script = project / "digest.py"
    good = script.read_text()
    script.write_text(BROKEN)
    git(project, "commit", "-qam", "broken")
    with pytest.raises(InputError, match="repro track failed in .*study/broken, see above"):
        run_trial(trial)
    script.write_text(good)
    git(project, "commit", "-qam", "mended")


def test_code_that_is_not_committed_is_not_tried(project: Path) -> None:
    script = project / "digest.py"
    good = script.read_text()
    script.write_text(good + "#")
    with pytest.raises(InputError, match="commit it first"):
        run_trial(TrialRun(project, Path("results/study/dirty"), {}, []))
    script.write_text(good)


@pytest.mark.parametrize(
    ("values", "rows", "message"),
    [
        ({"training_sed": 3}, [], "no key training_sed"),
        ({"profiles.quick.epochs": 3}, [], "no key profiles.quick.epochs"),
        ({}, ["A", "G"], "no row G"),
    ],
)
def test_a_value_or_row_that_is_not_there_is_named(
    project: Path, values: dict[str, int], rows: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        changed_params(TrialRun(project, HOME, values, rows))


def test_impossible_values_are_refused_before_anything_runs(project: Path) -> None:
    trial = TrialRun(project, Path("results/study/f"), {}, ["A", "C", "F"])
    with pytest.raises(InputError, match="frozen.F.segmenter must be one that outlines"):
        run_trial(trial)
    assert not (trial.checkout / "models").exists()


def test_a_row_that_could_not_be_kept_is_refused_before_anything_runs(project: Path) -> None:
    rows = values(project)["experiments"]
    named = {
        "experiments.learnt": {**rows["learnt"], "texture": rows["learnt"]["C"]},
        "experiments.models": {**rows["models"], "texture": "models/experiments/texture"},
    }
    trial = TrialRun(project, Path("results/study/texture"), named, [])
    with pytest.raises(InputError, match="a row named texture cannot be kept"):
        run_trial(trial)
    assert not trial.checkout.exists()


def test_nothing_else_changes_comments_and_order_included(project: Path) -> None:
    text = changed_params(TrialRun(project, HOME, {"split.fold": 2}, []))
    before, after = values(project), YAML(typ="safe").load(text)
    assert after["split"].pop("fold") == 2
    del before["split"]["fold"]
    assert json.dumps(after) == json.dumps(before)  # the order of the rows is that of the table
    assert "# of weights, order and views" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training_seed=3", ("training_seed", 3)),
        ("split.fold=null", ("split.fold", None)),
        ("recipe=faithful", ("recipe", "faithful")),
    ],
)
def test_a_value_is_yaml(text: str, expected: tuple[str, object]) -> None:
    assert assignment(text) == expected


@pytest.mark.parametrize("text", ["training_seed", "a=["])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--set"):
        assignment(text)


def test_one_name_has_one_value() -> None:
    assert assignments(["a=1", "b=2"]) == {"a": 1, "b": 2}
    with pytest.raises(InputError, match="names a twice"):
        assignments(["a=1", "a=2"])
