"""The rows of a trial of committed results, which hold no outlines."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ivfgrade.comparison.files import TRIAL, kept_in
from ivfgrade.comparison.read_trials import require_scores
from ivfgrade.comparison.records import read_trial
from ivfgrade.comparison.tables import read_scores, read_table
from ivfgrade.htmlreport.rows import Row


def rows_kept_in(trial: Path) -> list[Row]:
    about = read_trial(trial / TRIAL)
    kept = {name: kept_in(trial, name) for name in about["order"]}
    require_scores(kept)
    return [
        Row(name, read_scores(of.scores), about["rows"][name], _history(of.history), None)
        for name, of in kept.items()
    ]


def _history(path: Path) -> pd.DataFrame:
    return read_table(path) if path.exists() else pd.DataFrame()
