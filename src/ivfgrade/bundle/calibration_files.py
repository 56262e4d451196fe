"""models/deployable: the calibrated graph, its rules, and the measurements behind them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ivfgrade.atomic import write_bytes, write_json, write_text

GRAPH, RULES, MEASURED = "model.onnx", "rules.json", "measured.csv"


def write_calibrated(
    out: Path, graph: bytes, rules: Mapping[str, Any], measured: pd.DataFrame
) -> None:
    write_bytes(out / GRAPH, graph)
    write_json(out / RULES, rules)
    write_text(out / MEASURED, measured.to_csv(index=False, float_format="%.6g"))
