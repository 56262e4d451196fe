"""The rows of the table of experiments as rows of results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ivfgrade.atomic import read_json
from ivfgrade.params import Params
from ivfgrade.tracking.own_params import own_params
from ivfgrade.tracking.receipt import Row, Training

HISTORY = "history.csv"


@dataclass(frozen=True)
class Sources:
    judged: Path  # a folder for each row
    trained: Path  # a provenance file for each row that has a training of its own
    further: tuple[tuple[str, str, str], ...]  # row, provenance, history: what a row stands on
    data: tuple[str, str]  # manifest, summary


def table_rows(params: Params, sources: Sources, root: Path) -> list[Row]:
    """All but the main line's row, which has a run already: the one without a training here."""
    rows = []
    for folder in sorted(sources.judged.iterdir()):
        name = folder.name
        flat = params.flat(params.row(name))
        trainings = tuple(
            Training(stage, provenance, history, own_params(stage, flat, root))
            for stage, provenance, history in _trainings(name, sources)
        )
        if trainings:
            results = (folder.as_posix(), None, None, *sources.data)
            rows.append(Row(name, params.track.experiment, flat, trainings, *results))
    return rows


def _trainings(name: str, sources: Sources) -> Iterator[tuple[str, str, str]]:
    """Stage, provenance and history, in the order in which they ran."""
    own = sources.trained / f"{name}.json"
    files = [(provenance, history) for row, provenance, history in sources.further if row == name]
    if own.exists():
        files.append((own.as_posix(), (sources.judged / name / HISTORY).as_posix()))
    for provenance, history in files:
        yield str(read_json(Path(provenance))["stage"]), provenance, history
