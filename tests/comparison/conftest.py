from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from ivfgrade.comparison import collect as collecting
from ivfgrade.params import Params, load_params

PROJECT = Path(__file__).resolve().parents[2]
Keep = Callable[..., None]


@dataclass(frozen=True)
class Rows:
    models: dict[str, str]


@cache
def of_project() -> Params:
    return load_params(PROJECT / "params.yaml")


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch) -> Keep:
    """`collect`, with the params.yaml that made these rows."""
    monkeypatch.chdir(PROJECT)

    def kept(source: Path, home: Path, rows: Sequence[str], seed=2, fold=None, **folders) -> None:
        made_by = replace(
            of_project(),
            training_seed=seed,
            profile="paper",
            recipe="plus",
            split=replace(of_project().split, fold=fold),
            experiments=Rows({row: f"models/{row}" for row in rows}),
        )
        monkeypatch.setattr(collecting, "load_params", lambda _path: made_by)
        collecting.collect(source, home, **folders)

    return kept
