from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ivfgrade.comparison import collect as collecting
from tests.comparison.made import PROJECT, of_project, write_experiments

Keep = Callable[..., None]
Kept = Callable[[int, int | None, str], Path]


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch) -> Keep:
    """`collect`, with the params.yaml that made these rows."""
    monkeypatch.chdir(PROJECT)

    def kept(
        source: Path, home: Path, rows: Sequence[str], seed=2, fold=None, recipe="plus", **folders
    ) -> None:
        models = {row: f"models/{row}" for row in rows}
        made_by = replace(
            of_project(),
            training_seed=seed,
            profile="paper",
            recipe=recipe,
            split=replace(of_project().split, fold=fold),
            experiments=SimpleNamespace(
                **{**vars(of_project().experiments), "models": models},
                require_phases=of_project().experiments.require_phases,
                require_segmenters=of_project().experiments.require_segmenters,
            ),
        )
        monkeypatch.setattr(collecting, "load_params", lambda _path: made_by)
        collecting.collect(source, home, **folders)

    return kept


@pytest.fixture
def experiments(tmp_path: Path) -> Path:
    """All rows, as the pipeline leaves them."""
    write_experiments(tmp_path / "experiments")
    return tmp_path / "experiments"


@pytest.fixture
def kept(tmp_path: Path, keep: Keep) -> Kept:
    """Keeps rows A and C of another trial, among the results."""

    def kept(seed: int, fold: int | None, name: str) -> Path:
        source = tmp_path / f"source-{name}"
        write_experiments(source, seed, fold, ("A", "C"))
        keep(source, tmp_path / "results" / name, ("C", "A"), seed, fold)
        return tmp_path / "results" / name

    return kept
