"""What DVC runs after an edit: the real dvc.yaml, with commands that only digest their inputs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.dag.graph import STAGES, output_paths
from tests.dag.stand_in import dvc, run_dvc, stand_in


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = stand_in(tmp_path_factory.mktemp("checkout"))
    change(root, few_rows)
    return root


def few_rows(params: dict[str, Any]) -> None:
    """One that stands on another, one that stands on the main line, and what is explained."""
    rows = ("A", "C", "C_head", "D", "D_literal")
    for name, table in params["experiments"].items():
        params["experiments"][name] = {row: table[row] for row in table if row in rows}


def repro(root: Path, *targets: str) -> list[str]:
    """The stages that ran, of the main line or of the targets."""
    return re.findall(r"Running stage '(?:[\w/.]+:)?([\w@]+)'", dvc(root, "repro", *targets))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def change(root: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    yaml = YAML()
    params = yaml.load((root / "params.yaml").read_text())
    edit(params)
    with (root / "params.yaml").open("w") as file:
        yaml.dump(params, file)


def test_an_edit_reruns_what_it_must_and_no_more(checkout: Path) -> None:
    assert set(repro(checkout)) == set(STAGES)

    replace(checkout / "README.md", "read me", "read me twice")
    assert repro(checkout) == []
    of_a_model = {"finetune", "evaluate", "export", "deployable", "variants", "bundle", "track"}

    def learning_rate(params: dict[str, Any]) -> None:
        params["recipes"][params["recipe"]]["finetune"]["groups"][0][1] *= 2

    change(checkout, learning_rate)
    assert set(repro(checkout)) == of_a_model

    def wider_grades(params: dict[str, Any]) -> None:
        params["recipes"][params["recipe"]]["grade_margin"] += 0.01

    change(checkout, wider_grades)  # phase 1 learns from masks alone
    assert set(repro(checkout)) == of_a_model

    shutil.rmtree(checkout / "mlruns")
    assert repro(checkout) == ["track"]

    def own_data(params: dict[str, Any]) -> None:
        params["data"]["root"] = "data/raw/mine"

    for name in ("a", "b"):
        (checkout / "data/raw/mine/images").mkdir(parents=True, exist_ok=True)
        (checkout / f"data/raw/mine/images/{name}.png").write_text(name)
    dvc(checkout, "add", "-q", "data/raw/mine")
    of_the_data = set(STAGES) - {"synthesize", "calibrants"}
    change(checkout, own_data)
    assert set(repro(checkout)) == of_the_data
    (checkout / "data/raw/mine/images/a.png").write_text("another image")
    assert set(repro(checkout)) == of_the_data


def test_an_edited_row_is_trained_again_and_nothing_else(checkout: Path) -> None:
    table = "experiments/dvc.yaml"
    everything = repro(checkout, table)
    rows = [stage for stage in everything if "@" in stage]
    models = YAML().load((checkout / "params.yaml").read_text())["experiments"]["models"]
    assert {stage.partition("@")[2] for stage in rows} == set(models)
    assert repro(checkout, table) == []

    def projected(params: dict[str, Any]) -> None:
        params["experiments"]["learnt"]["C"]["descent"] = "pcgrad"

    change(checkout, projected)
    again = ["compare", "focus@C", "freeze@C_head", "judge@C", "judge@C_head", "learn@C", "report"]
    again.append("track_rows")
    assert sorted(repro(checkout, table)) == again

    def one_loss_less(params: dict[str, Any]) -> None:
        params["experiments"]["frozen"]["D_literal"]["losses"] = {"consistency": 0}

    change(checkout, one_loss_less)
    again = ["compare", "freeze@D_literal", "judge@D_literal", "report", "track_rows"]
    assert sorted(repro(checkout, table)) == again


@pytest.mark.parametrize("stage", ["check", "preprocess"])
def test_a_refused_data_set_leaves_the_outputs_of_the_last_good_one(
    checkout: Path, stage: str
) -> None:
    repro(checkout, "preprocess")
    before = contents(checkout, ["check", "preprocess"])
    script = checkout / f"pipeline/{stage}.py"
    good = script.read_text()
    script.write_text(f"{good}# REFUSE")
    refused = run_dvc(checkout, "repro", "preprocess")
    assert refused.returncode != 0
    assert f"failed to reproduce '{stage}'" in refused.stderr
    assert contents(checkout, ["check", "preprocess"]) == before
    script.write_text(good)
    assert repro(checkout, "preprocess") == []


def contents(root: Path, stages: list[str]) -> dict[Path, bytes]:
    outs = [root / out for stage in stages for out in output_paths(stage)]
    files = {file for out in outs for file in [out, *out.rglob("*")] if file.is_file()}
    assert all(any(file.is_relative_to(out) for file in files) for out in outs)
    return {file: file.read_bytes() for file in files}
