"""What is registered is the bundle as it was handed over, with its numbers, and nothing pickled."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from ivfgrade.atomic import read_json, write_json
from ivfgrade.bundle import seal
from ivfgrade.errors import InputError
from ivfgrade.registry.register import register
from ivfgrade.registry.versions import CANDIDATE, DIGEST, NAME, bundle_of, versions
from tests.registry.conftest import Project
from tests.tracking.shown import shown

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")
LATEST = f"models:/{NAME}@{CANDIDATE}"


def folder_of(project: Project) -> Path:
    (made,) = (project.root / "mlruns/artifacts").rglob("MLmodel")
    return made.parent


def test_a_bundle_is_a_version_once(client: MlflowClient, project: Project) -> None:
    assert register(client, project.root, project.bundle, NAME, project.digest) == 1
    (only,) = versions(client, NAME)
    assert (only.number, only.digest, only.aliases) == (1, project.digest, (CANDIDATE,))
    assert client.get_model_version(NAME, "1").description.startswith("Grey squares")
    assert bundle_of(NAME, only).name == "made"


def test_its_numbers_are_those_of_run_and_model(client: MlflowClient, project: Project) -> None:
    (run,) = shown(project.root, "bundles")
    expected = {"mae": 0.05, "mae_low": 0.04, "mae_high": 0.06, "coverage": 0.91, "dice": 0.6}
    assert run.data.metrics == expected
    assert run.data.params["commit"] == "c0ffee"
    assert run.data.tags[DIGEST] == project.digest
    (output,) = run.outputs.model_outputs
    model = client.get_logged_model(output.model_id)
    assert {metric.key: metric.value for metric in model.metrics} == expected


@pytest.mark.usefixtures("client")
def test_the_model_tells_what_it_takes_and_gives() -> None:
    model = mlflow.models.get_model_info(LATEST)
    assert model.signature.inputs.input_names() == ["image"]
    assert model.signature.outputs.input_names() == [
        "status", "reasons", "grades", "ratio", "ratio_low", "ratio_high", "grade", "fragment_mask",
    ]  # fmt: skip
    assert {one.name: one.default for one in model.signature.params} == {"masks": False}
    loaded = mlflow.pyfunc.load_model(LATEST)
    (answer,) = loaded.predict(loaded.input_example)
    assert answer["status"] == "graded"


@pytest.mark.usefixtures("client")
def test_nothing_is_unpickled(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {path.suffix for path in folder_of(project).rglob("*") if path.is_file()}
    assert kinds <= {"", ".json", ".md", ".onnx", ".png", ".py", ".txt", ".yaml"}
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    assert mlflow.pyfunc.load_model(LATEST).predict is not None
    needs = re.findall(r"^\w+", (folder_of(project) / "requirements.txt").read_text(), re.MULTILINE)
    assert sorted(needs) == ["mlflow", "numpy", "onnxruntime", "pillow"]


def test_a_bundle_that_was_changed_is_not_registered(
    client: MlflowClient, project: Project, tmp_path: Path
) -> None:
    changed = shutil.copytree(project.bundle, tmp_path / "changed")
    (changed / "LICENSE").write_text("mine")
    with pytest.raises(InputError, match=r"changed: LICENSE is not what"):
        register(client, project.root, changed, NAME, None)
    with pytest.raises(InputError, match="SHA256SUMS is not the one of this digest"):
        register(client, project.root, project.bundle, NAME, "0" * 64)
    assert len(versions(client, NAME)) == 1


def test_a_bundle_that_answers_otherwise_than_it_says_is_not_registered(
    client: MlflowClient, project: Project, tmp_path: Path
) -> None:
    wrong = shutil.copytree(project.bundle, tmp_path / "wrong")
    content = read_json(wrong / "manifest.json")
    content["samples"][0]["expected"]["model.onnx"]["answer"]["ratio"] += 0.01
    write_json(wrong / "manifest.json", content)
    seal.seal(wrong)
    with pytest.raises(InputError, match=r"of samples/1.png the model says ratio"):
        register(client, project.root, wrong, NAME, None)
    assert len(versions(client, NAME)) == 1


def test_a_model_that_was_changed_does_not_load(
    client: MlflowClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = folder_of(project) / "artifacts/made/model.onnx"
    graph.write_bytes(graph.read_bytes() + b"\0")
    with pytest.raises(InputError, match=r"version 1 of ivfgrade is broken: model\.onnx is not"):
        bundle_of(NAME, versions(client, NAME)[0])
    monkeypatch.setenv("IVFGRADE_THREADS", "5")  # this process has not opened it so
    with pytest.raises(Exception, match=r"model\.onnx is not what"):
        mlflow.pyfunc.load_model(LATEST)
