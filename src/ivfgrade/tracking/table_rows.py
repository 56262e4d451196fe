"""The rows of the table of experiments as rows of results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ivfgrade.atomic import read_json
from ivfgrade.fragmentation.experiments import MAIN_LINE
from ivfgrade.params import Params
from ivfgrade.row_files import HISTORY
from ivfgrade.tracking.own_params import own_params
from ivfgrade.tracking.receipt import Row, Training

PHASE_1_ROW, MAIN_ROW = MAIN_LINE  # in the order in which they train


@dataclass(frozen=True)
class Sources:
    judged: Path  # a folder for each row
    trained: Path  # a provenance file for each row that has a training of its own
    phase_1: Path  # that of the main line's phase 1, which is row A
    data: tuple[str, str]  # manifest, summary


def table_rows(params: Params, sources: Sources, root: Path) -> list[Row]:
    """All but the main line's row, which has a run already."""
    names = [name for name in params.experiments.models if name != MAIN_ROW]
    return [_row(name, params, sources, root) for name in names]


def _row(name: str, params: Params, sources: Sources, root: Path) -> Row:
    flat = params.flat(params.row(name))
    trainings = tuple(
        Training(stage, provenance, history, own_params(stage, flat, root))
        for stage, provenance, history in _trainings(name, params, sources)
    )
    manifest, summary = sources.data
    return Row(
        name=name,
        experiment=params.track.experiment,
        params=flat,
        trainings=trainings,
        evaluation=(sources.judged / name).as_posix(),
        parity=None,  # that of an export, which only the main line's model has
        model=None,
        manifest=manifest,
        summary=summary,
    )


def _trainings(name: str, params: Params, sources: Sources) -> Iterator[tuple[str, str, str]]:
    """Stage, provenance and history, as they ran: those of what a row stands on come first."""
    frozen, models = params.experiments.frozen, params.experiments.models
    if name in frozen:
        below = next(row for row, model in models.items() if model == frozen[name].segmenter)
        yield from _trainings(below, params, sources)
    provenance = sources.phase_1 if name == PHASE_1_ROW else sources.trained / f"{name}.json"
    history = sources.judged / name / HISTORY
    yield str(read_json(provenance)["stage"]), provenance.as_posix(), history.as_posix()
