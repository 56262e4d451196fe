"""What one row of results consists of: its parameters and its files, by content.

The `track` stage writes it after every stage has run, so it describes results that belong together.
Whoever sends the row later works from the receipt: params.yaml may have been edited since, and a
file that is no longer the recorded one must not be shown as its result.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ivfgrade.atomic import write_json
from ivfgrade.errors import InputError
from ivfgrade.inputs import hash_path


@dataclass(frozen=True)
class Training:
    stage: str
    provenance: str  # path of its provenance file
    history: str  # path of its metrics by epoch
    params: dict[str, Any]  # the values that dvc.yaml declares for the stage


@dataclass(frozen=True)
class Row:
    name: str  # in the table of experiments
    experiment: str
    params: dict[str, Any]
    trainings: tuple[Training, ...]
    evaluation: str  # folder: metrics.json, per_image.csv, pictures
    parity: str | None
    model: str | None  # the ONNX file; the rows of the table are not exported
    manifest: str
    summary: str

    @property
    def files(self) -> list[str]:
        """Every path whose content the row consists of."""
        of_trainings = [p for t in self.trainings for p in (t.provenance, t.history)]
        results = [self.evaluation, self.parity, self.model, self.manifest, self.summary]
        return [*of_trainings, *(path for path in results if path)]


def write_receipt(path: Path, row: Row) -> None:
    """A function of the row's content alone: no time, no run, no address."""
    write_json(path, {"row": asdict(row), "content": content(row)})


def content(row: Row) -> dict[str, str]:
    return {path: hash_path(Path(path)) for path in row.files}


def read_receipt(path: Path) -> Row:
    """The row, whose files must still be what they were; paths are relative to the project."""
    try:
        receipt = json.loads(path.read_text())
        fields = receipt["row"]
        trainings = tuple(Training(**training) for training in fields.pop("trainings"))
        row = Row(trainings=trainings, **fields)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no receipt of this version; run dvc repro") from error
    recorded = receipt["content"]
    changed = sorted(
        p for p in row.files if not Path(p).exists() or recorded[p] != hash_path(Path(p))
    )
    if changed:
        raise InputError(
            f"row {row.name} is not sent: {', '.join(changed)} changed since it was complete; "
            f"run dvc repro"
        )
    return row


def digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
