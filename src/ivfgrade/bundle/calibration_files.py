"""models/deployable: the calibrated graph, its rules, and the measurements behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from onnx import ModelProto

from ivfgrade.atomic import write_bytes, write_json, write_text
from ivfgrade.bundle.calibrated import Rules
from ivfgrade.bundle.decide import with_constants
from ivfgrade.bundle.deployable import Deployable
from ivfgrade.bundle.labelled import Measured
from ivfgrade.bundle.parity import Same

GRAPH, RULES, MEASURED = "model.onnx", "rules.json", "measured.csv"


def write_calibrated(
    out: Path, graph: ModelProto, rules: Rules, measured: Measured, made: Deployable, alike: Same
) -> None:
    with_constants(graph, rules.constants())
    write_bytes(out / GRAPH, graph.SerializeToString(deterministic=True))
    described: dict[str, Any] = {
        "strategy": made.strategy,
        "size": made.size,
        "thresholds": dict(zip(("fragment", "embryo"), made.thresholds, strict=True)),
        "parity": alike.told(),
        **rules.described(),
    }
    write_json(out / RULES, described)
    write_text(out / MEASURED, measured.table.to_csv(index=False, float_format="%.6g"))
