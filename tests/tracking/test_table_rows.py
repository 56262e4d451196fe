"""The table's rows as rows of results: what each stands on, and what it is called after."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ivfgrade.params import Params, load_params
from ivfgrade.tracking.facts import row_facts
from ivfgrade.tracking.receipt import content
from ivfgrade.tracking.table_rows import Sources, table_rows
from tests.tracking.results import provenance, put, summary

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def params() -> Params:
    known = load_params(PROJECT / "params.yaml")
    models = {row: known.experiments.models[row] for row in ("A", "C", "D", "A_weak", "F")}
    shown = replace(known.experiments, models=models, explained={"C": models["C"]})
    return replace(known, experiments=shown)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """A stands on phase 1, C on itself, F on A_weak and itself; D has a run already."""
    monkeypatch.chdir(tmp_path)
    for row in ("A", "A_weak", "C", "D", "F"):
        put(Path("judged", row, "metrics.json"), {"dice": {"value": 0.5, "low": 0.4, "high": 0.6}})
        Path("judged", row, "history.csv").write_text("epoch,val_dice\n0,0.4\n")
    put(Path("pretrain.json"), provenance("pretrain"))
    for row, stage in (("A_weak", "learn"), ("C", "learn"), ("F", "freeze")):
        facts = {**provenance("finetune"), "stage": f"{stage}@{row}", "key": f"key of {row}"}
        put(Path("trained", f"{row}.json"), facts)
    put(Path("summary.json"), summary())
    Path("manifest.csv").write_text("image,patient,split\na.png,p,test\n")
    data = ("manifest.csv", "summary.json")
    return Sources(Path("judged"), Path("trained"), Path("pretrain.json"), data)


def test_every_row_but_the_main_lines_names_its_trainings(params: Params, sources: Sources) -> None:
    rows = table_rows(params, sources, Path())
    assert {row.name: [training.stage for training in row.trainings] for row in rows} == {
        "A": ["pretrain"],
        "A_weak": ["learn@A_weak"],
        "C": ["learn@C"],
        "F": ["learn@A_weak", "freeze@F"],
    }


def test_a_row_holds_its_own_results_and_the_data_but_no_exported_model(
    params: Params, sources: Sources
) -> None:
    row = next(row for row in table_rows(params, sources, Path()) if row.name == "C")
    assert (row.evaluation, row.parity, row.model) == ("judged/C", None, None)
    assert (row.manifest, row.summary) == sources.data


def test_a_run_has_its_rows_values_and_the_keys_of_its_trainings(
    params: Params, sources: Sources
) -> None:
    row = next(row for row in table_rows(params, sources, Path()) if row.name == "F")
    facts = row_facts(row, content(row))
    assert facts.tags["ivfgrade.learn_key"] == "key of A_weak"
    assert facts.tags["ivfgrade.freeze_key"] == "key of F"
    assert facts.params["row.segmenter"] == "models/experiments/A_weak"
    assert {point.name for point in facts.points} >= {"test_dice", "test_dice_low"}
    assert json.dumps(dict(facts.tags))


def test_rows_have_the_same_names_for_what_they_change(params: Params) -> None:
    names = {
        name: {key for key in params.flat(row) if key.startswith("row.")}
        for name, row in params.experiments.learnt.items()
    }
    assert names["C"] == names["Baseline"] == names["B2"]
    assert "row.injection" in names["C"]
