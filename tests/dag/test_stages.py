"""The stages, their order and their commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dag.graph import BESIDES, STAGES, TABLE, declared, load, output_paths, script


def test_the_stages_are_these() -> None:
    assert list(load("dvc.yaml")["stages"]) == STAGES


def test_the_table_has_these_stages() -> None:
    assert list(load("experiments/dvc.yaml")["stages"]) == [s.partition("@")[0] for s in TABLE]


@pytest.mark.parametrize("stage", STAGES + TABLE + BESIDES)
def test_a_stage_runs_and_declares_its_script(stage: str) -> None:
    verb = script(stage).stem
    assert declared(stage)["cmd"].startswith(f"python -m pipeline.{verb} ")
    assert f"pipeline/{verb}.py" in declared(stage)["deps"]


def test_only_the_headline_is_a_metric() -> None:
    """`dvc metrics show` is a table for people; a checksum or a figure per batch would swamp it."""
    assert load("dvc.yaml")["metrics"] == ["reports/evaluation/headline.json"]
    assert [stage for stage in STAGES if "metrics" in declared(stage)] == []


def upstream(stage: str) -> set[str]:
    """The stages whose outputs `stage` reads."""
    deps = [Path(dep) for dep in declared(stage)["deps"]]
    return {
        other
        for other in STAGES
        for out in output_paths(other)
        if any(dep.is_relative_to(out) or out.is_relative_to(dep) for dep in deps)
    }


def test_the_edges_are_these() -> None:
    assert {stage: upstream(stage) for stage in STAGES} == {
        "synthesize": set(),
        "check": {"synthesize"},
        "preprocess": {"synthesize", "check"},
        "pretrain": {"preprocess"},
        "finetune": {"preprocess", "pretrain"},
        "evaluate": {"preprocess", "pretrain", "finetune"},
        "export": {"preprocess", "finetune"},
        "calibrants": set(),
        "deployable": {"preprocess", "finetune", "calibrants"},
        "variants": {"calibrants", "deployable"},
        "bundle": {"preprocess", "evaluate", "calibrants", "deployable", "variants"},
        "track": {"preprocess", "pretrain", "finetune", "evaluate", "export"},
    }


def test_phase_1_knows_no_grading() -> None:
    """Another grading retrains it only where it also makes other data, by another split."""
    inputs = [*declared("pretrain")["deps"], *declared("pretrain")["params"]]
    assert [name for name in inputs if re.search("grading|grade_", name)] == []


def test_every_path_in_a_command_is_a_dependency_or_an_output() -> None:
    for stage in STAGES + TABLE + BESIDES:
        words = declared(stage)["cmd"].split()[3:]
        known = [Path(dep) for dep in declared(stage)["deps"]] + output_paths(stage)
        paths = [Path(word) for word in words if "/" in word]
        within = {path: [k for k in known if path.is_relative_to(k) or k.is_relative_to(path)]
                  for path in paths}  # fmt: skip
        unknown = [path for path in paths if not within[path]]
        assert unknown == [], stage


def test_several_rows_at_a_time_are_all_kinds_of_stages_that_rows_have():
    """In an order in which each waits only for those before it."""
    table = load("experiments/dvc.yaml")["stages"]
    of_rows = [name for name, stage in table.items() if "foreach" in stage]
    (loop,) = re.findall(r"for kind in ([a-z ]+); do", Path("Makefile").read_text())
    assert loop.split() == of_rows


def test_the_table_does_not_wait_for_bundles() -> None:
    """A folder as a dependency would have made every stage that writes below it one, too."""
    made = [out for stage in (*STAGES, *BESIDES) for out in output_paths(stage)]
    of_bundles = [out for out in made if "bundle" in out.name or out.is_relative_to("deploy")]
    assert of_bundles
    for stage in TABLE:
        deps = [Path(dep) for dep in declared(stage)["deps"]]
        assert not [o for o in of_bundles for d in deps if o.is_relative_to(d)], stage
