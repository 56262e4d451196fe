"""How the columns of a training's history are called in which the gradients of its tasks are
compared: conflict_<layer>, the cosine over all probed batches, and beside it what batches differ by
and the ratio of the norms. `training.conflict` writes them.
"""

from __future__ import annotations

import pandas as pd

PREFIX = "conflict_"
DETAILS = ("_mean", "_sd", "_negative", "_ratio")  # of single batches, and of the norms


def measured_layers(history: pd.DataFrame) -> list[str]:
    names = [str(name) for name in history.columns if str(name).startswith(PREFIX)]
    return [name.removeprefix(PREFIX) for name in names if not name.endswith(DETAILS)]
