"""The fingerprint of a stage's inputs, and the guard that refuses a result of edited ones."""

from __future__ import annotations

import contextlib
import ctypes
import json
import sys
from pathlib import Path

import pytest

from ivfgrade.atomic import replaced
from ivfgrade.errors import InputError
from ivfgrade.inputs import guarded, hash_path, stage_inputs

PIPELINE = """
stages:
  train:
    cmd: python train.py ${data.root}
    deps: [train.py, "${data.root}"]
    params: ["profiles.${profile}.epochs"]
    outs: [model]
"""
PARAMS = """
profile: quick
data: {root: data}
profiles:
  quick: {epochs: 2, other: 1}
  long: {epochs: 9}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "train.py").write_text("print()")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("1")
    return tmp_path


def key() -> str:
    with guarded("train") as run:
        return run.key


def test_the_command_and_inputs_are_those_of_dvc_yaml() -> None:
    inputs = stage_inputs("train")
    assert inputs["cmd"] == "python train.py data"
    assert inputs.keys() == {"cmd", "train.py", "data", "params.yaml:profiles.quick.epochs"}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("train.py", "print()", "print(1)"),
        ("data/a.csv", "1", "2"),
        ("params.yaml", "epochs: 2", "epochs: 3"),
        ("params.yaml", "profile: quick", "profile: long"),
    ],
)
def test_the_key_follows_what_the_stage_depends_on(
    project: Path, file: str, old: str, new: str
) -> None:
    before = key()
    path = project / file
    path.write_text(path.read_text().replace(old, new))
    assert key() != before


@pytest.mark.parametrize("file", ["params.yaml", "README.md", "data/__pycache__/x.pyc"])
def test_the_key_ignores_everything_else(project: Path, file: str) -> None:
    before = key()
    path = project / file
    path.parent.mkdir(exist_ok=True)
    content = path.read_text() if path.exists() else "new"
    path.write_text(content.replace("other: 1", "other: 2"))
    assert key() == before


def test_a_renamed_file_changes_a_folder(project: Path) -> None:
    before = hash_path(project / "data")
    (project / "data" / "a.csv").rename(project / "data" / "b.csv")
    assert hash_path(project / "data") != before


def test_inputs_edited_meanwhile_are_refused_by_name(project: Path) -> None:
    provenance = project / "provenance.json"

    def edited() -> None:
        with guarded("train", provenance):
            (project / "train.py").write_text("print(2)")

    with pytest.raises(InputError, match=r"train\.py changed while stage train ran"):
        edited()
    assert not provenance.exists()


def test_an_edit_found_in_time_leaves_the_last_good_output(project: Path) -> None:
    (project / "model").mkdir()
    (project / "model" / "weights").write_text("good")

    def edited() -> None:
        with guarded("train") as stage, replaced(Path("model")) as partial:
            (partial / "weights").write_text("of which inputs?")
            (project / "data" / "a.csv").write_text("2")
            stage.require_unedited()

    with pytest.raises(InputError, match="data changed while stage train ran"):
        edited()
    assert (project / "model" / "weights").read_text() == "good"
    assert not list(project.glob(".model*"))


def killed() -> Path:
    """A run that leaves its third epoch behind."""
    with contextlib.suppress(RuntimeError), guarded("train") as run:
        (run.work / "last.pt").write_text("epoch 3")
        raise RuntimeError
    return run.work


def test_work_survives_a_failure_and_goes_after_success() -> None:
    killed()
    with guarded("train") as run:
        assert (run.work / "last.pt").read_text() == "epoch 3"
    assert not run.work.exists()


def test_work_of_other_inputs_is_never_resumed(project: Path) -> None:
    old = killed()
    (project / "train.py").write_text("print(3)")
    with guarded("train") as new:
        assert not old.exists()
        assert list(new.work.iterdir()) == []


def test_a_second_run_at_the_same_time_is_refused() -> None:
    with guarded("train"), pytest.raises(InputError, match="already running"), guarded("train"):
        pass


def test_provenance_says_what_ran_and_what_was_noted(project: Path) -> None:
    with guarded("train", project / "provenance.json") as run:
        run.note(precision="bf16")
    facts = json.loads((project / "provenance.json").read_text())
    assert facts["stage"] == "train"
    assert facts["key"] == run.key
    assert facts["precision"] == "bf16"
    assert facts["started"] <= facts["finished"]


def test_a_missing_dependency_says_what_to_do(project: Path) -> None:
    (project / "train.py").unlink()
    with pytest.raises(InputError, match=r"train\.py is missing"):
        stage_inputs("train")


@pytest.mark.parametrize("file", ["params.yaml", "dvc.yaml"])
def test_broken_yaml_is_one_sentence_at_the_start_and_at_the_end(project: Path, file: str) -> None:
    good = (project / file).read_text()

    def broken_meanwhile() -> None:
        with guarded("train"):
            (project / file).write_text("a: [1")

    for run in (broken_meanwhile, lambda: stage_inputs("train")):
        with pytest.raises(InputError, match=rf"^{file} is not valid YAML: [^\n]+$"):
            run()
    (project / file).write_text(good)
    assert key()


@pytest.mark.skipif(sys.platform != "linux", reason="a request of Linux")
def test_a_test_process_is_not_bound_to_its_parent() -> None:
    key()
    asked = ctypes.c_int(-1)
    ctypes.CDLL(None).prctl(2, ctypes.byref(asked))  # PR_GET_PDEATHSIG
    assert asked.value == 0
