"""A champion gives way only to what is in nothing worse, on the same images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from ivfgrade.bundle.manifest import Manifest
from ivfgrade.cli import app
from ivfgrade.errors import InputError
from ivfgrade.registry.promote import compared, promote
from ivfgrade.registry.register import register
from ivfgrade.registry.versions import CHAMPION, NAME, with_alias
from tests.bundle.made import graph, manifest
from tests.registry.conftest import MADE_FROM, METRICS, Project, packed

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def champion() -> Manifest:
    """Its interval promises 0.9 and covers 0.91."""
    return replace(manifest(graph()), metrics=METRICS, made_from=MADE_FROM)


def with_metrics(champion: Manifest, **changes: Any) -> Manifest:
    return replace(champion, metrics={**METRICS, **changes})


@pytest.mark.parametrize(
    "changes",
    [{}, {"mae": 0.04}, {"dice": 0.7}, {"coverage": 0.9}, {"width": 9.0}, {"unheard_of": -1}],
)
def test_what_is_no_worse_is_promoted(champion: Manifest, changes: dict[str, Any]) -> None:
    lines = compared(with_metrics(champion, **changes), champion, 0.0)
    assert [line.split()[0] for line in lines] == ["dice", "mae", "coverage"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"mae": 0.06}, "its mae is 0.06, where 0.05 is to be kept"),
        ({"dice": 0.59}, "its dice is 0.59, where 0.6 is to be kept"),
        ({"coverage": 0.89}, "its coverage is 0.89, where 0.9 is to be kept"),
        ({"dice": None}, "its dice was not measured"),
        ({"dice": float("nan")}, "its dice is nan"),
    ],
)
def test_a_metric_that_falls_is_named(champion: Manifest, changes: Any, told: str) -> None:
    with pytest.raises(InputError, match=f"the candidate is not promoted: {told}"):
        compared(with_metrics(champion, **changes), champion, 0.0)


def test_a_fall_within_the_tolerance_is_none(champion: Manifest) -> None:
    worse = with_metrics(champion, mae=0.0625)
    assert "mae 0.05 -> 0.0625" in compared(worse, champion, 0.0125)
    with pytest.raises(InputError, match="its mae"):
        compared(worse, champion, 0.0124)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"made_from": {**MADE_FROM, "data_digest": "e"}}, r"images \(data_digest\)"),
        ({"made_from": {}}, r"images \(data_digest\)"),
        ({"interval": {"confidence": 0.8}}, "confidence"),
    ],
)
def test_other_data_is_no_comparison(champion: Manifest, changes: Any, what: str) -> None:
    with pytest.raises(InputError, match=f"their {what} are not known to be the same"):
        compared(replace(champion, **changes), champion, 1.0)


def test_that_both_say_nothing_of_their_data_makes_it_not_the_same(champion: Manifest) -> None:
    silent = replace(champion, made_from={})
    with pytest.raises(InputError, match="their images"):
        compared(silent, silent, 1.0)


def test_a_recalibrated_bundle_has_no_metrics_of_its_own(champion: Manifest) -> None:
    anew = replace(champion, made_from={**champion.made_from, "recalibrated_from": "f" * 64})
    for ours, theirs, which in ((anew, champion, "candidate"), (champion, anew, "champion")):
        with pytest.raises(InputError, match=f"the {which} was recalibrated"):
            compared(ours, theirs, 0.0)


def test_other_grades_are_no_comparison(champion: Manifest) -> None:
    scheme = replace(champion.scheme, borders=(0.0, 0.1, 0.25, 0.6, 1.0))
    with pytest.raises(InputError, match="their grades are not known to be the same"):
        compared(replace(champion, scheme=scheme), champion, 1.0)


def test_the_alias_moves_only_to_what_is_no_worse(
    client: MlflowClient, project: Project, tmp_path: Path
) -> None:
    assert promote(client, NAME, 0.0).before is None  # the first has nobody to beat
    with pytest.raises(InputError, match="version 1 of ivfgrade is the champion already"):
        promote(client, NAME, 0.0)
    worse, digest = packed(tmp_path / "worse", metrics={**METRICS, "dice": 0.5})
    assert register(client, project.root, worse, NAME, digest) == 2
    with pytest.raises(InputError, match="its dice"):
        promote(client, NAME, 0.0)
    assert with_alias(client, NAME, CHAMPION).number == 1
    done = promote(client, NAME, 0.1)
    assert (done.version.number, done.before.number) == (2, 1)
    assert with_alias(client, NAME, CHAMPION).number == 2


@pytest.mark.usefixtures("client")
def test_the_command_line(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)

    def asked(*words: str) -> str:
        found = CliRunner().invoke(app, ["registry", *words])
        return found.stdout + found.stderr

    assert "ivfgrade version 1 is the candidate: models:" in asked("register", str(project.bundle))
    assert "ivfgrade version 1 is the champion: models:" in asked("promote")
    assert asked("list").split() == ["1", "candidate,", "champion", project.digest]
    assert "error: model other has no candidate" in asked("promote", "--name", "other")
    assert "error: there is no model other" in asked("list", "--name", "other")
