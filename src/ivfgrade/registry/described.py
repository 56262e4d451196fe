"""What MLflow is told of a bundle: signature, example, requirements, numbers."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivfgrade.bundle.manifest import Manifest
from ivfgrade.bundle.pack import REQUIREMENTS

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import ModelSignature

RUNS_IT = "mlflow>=3.17,<4"
LISTS, NUMBERS = ("reasons", "grades"), ("ratio", "ratio_low", "ratio_high")


def signature() -> ModelSignature:
    """`image` is declared as text because MLflow would refuse a whole request for one picture whose
    base64 is damaged; bytes are taken as well."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array, DataType

    text, number = DataType.string, DataType.double
    outputs = [
        ColSpec(text, "status"),
        *[ColSpec(Array(text), name) for name in LISTS],
        *[ColSpec(number, name, required=False) for name in NUMBERS],
        *[ColSpec(text, name, required=False) for name in ("grade", "fragment_mask")],
    ]
    return ModelSignature(
        inputs=Schema([ColSpec(text, "image")]),
        outputs=Schema([*outputs]),
        params=ParamSchema([ParamSpec("masks", DataType.boolean, default=False)]),
    )


def example(folder: Path, manifest: Manifest) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The bundle's first sample."""
    import pandas as pd

    content = (folder / manifest.samples[0].picture).read_bytes()
    return pd.DataFrame({"image": [base64.b64encode(content).decode()]}), {"masks": False}


def requirements(folder: Path) -> list[str]:
    """The bundle's own, and what loads it."""
    return [*(folder / REQUIREMENTS).read_text().split(), RUNS_IT]


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """{"mae": {"value": 0.1, "low": 0}} -> mae 0.1, mae_low 0; what is no number is left out."""
    return {
        name: float(value)
        for name, value in flat(values)
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def flat(values: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = within if key == "value" and within else f"{within}_{key}" if within else key
        if isinstance(value, Mapping):
            yield from flat(value, name)
        else:
            yield name, value
