"""The rows of a trial of committed results, which hold no outlines."""

from __future__ import annotations

from pathlib import Path

from ivfgrade.comparison.files import TRIAL, kept_in
from ivfgrade.comparison.records import read_trial
from ivfgrade.comparison.tables import read_scores
from ivfgrade.htmlreport.rows import Row, read_history


def rows_kept_in(trial: Path) -> list[Row]:
    about = read_trial(trial / TRIAL)
    kept = {name: kept_in(trial, name) for name in about["order"]}
    return [
        Row(name, read_scores(of.scores), about["rows"][name], read_history(of.history), None)
        for name, of in kept.items()
    ]
