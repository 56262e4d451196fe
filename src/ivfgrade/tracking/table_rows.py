"""The rows of the table of experiments as rows of results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ivfgrade.atomic import read_json
from ivfgrade.params import Params
from ivfgrade.row_files import HISTORY
from ivfgrade.tracking.own_params import own_params
from ivfgrade.tracking.receipt import Row, Training

PHASE_1_ROW, MAIN_ROW = "A", "D"


@dataclass(frozen=True)
class Sources:
    judged: Path  # a folder for each row
    trained: Path  # a provenance file for each row that has a training of its own
    phase_1: Path  # that of the main line's phase 1, which is row A
    data: tuple[str, str]  # manifest, summary


def table_rows(params: Params, sources: Sources, root: Path) -> list[Row]:
    """All but the main line's row, which has a run already."""
    rows = []
    for name in params.experiments.models:
        if name == MAIN_ROW:
            continue
        flat = params.flat(params.row(name))
        trainings = tuple(
            Training(stage, provenance, history, own_params(stage, flat, root))
            for stage, provenance, history in _trainings(name, params, sources)
        )
        results = ((sources.judged / name).as_posix(), None, None, *sources.data)
        rows.append(Row(name, params.track.experiment, flat, trainings, *results))
    return rows


def _trainings(name: str, params: Params, sources: Sources) -> Iterator[tuple[str, str, str]]:
    """Stage, provenance and history, as they ran: those of what a row stands on come first."""
    frozen, models = params.experiments.frozen, params.experiments.models
    if name in frozen:
        below = next(row for row, model in models.items() if model == frozen[name].segmenter)
        yield from _trainings(below, params, sources)
    provenance = sources.phase_1 if name == PHASE_1_ROW else sources.trained / f"{name}.json"
    history = sources.judged / name / HISTORY
    yield str(read_json(provenance)["stage"]), provenance.as_posix(), history.as_posix()
