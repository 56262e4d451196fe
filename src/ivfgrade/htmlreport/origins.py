"""Where the numbers come from: each training and each stage, with its way into MLflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivfgrade.atomic import read_json
from ivfgrade.htmlreport.mlflow_links import row_link, training_link
from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.rows import Row

TRAINING = ("pretrain", "finetune", "learn", "freeze")  # stages that log to MLflow
KINDS = {"paired": "with outline", "unmasked": "without"}  # of the images that a row learnt from


@dataclass(frozen=True)
class Training:
    row: str
    name: str  # for reading
    facts: Mapping[str, str]
    link: str | None


@dataclass(frozen=True)
class Stage:
    name: str
    key: str
    commit: str
    dirty: bool
    where: str
    seconds: str
    memory: str  # at most; only trainings measure it
    link: str | None


def trainings(rows: Sequence[Row]) -> list[Training]:
    return [
        Training(row.name, told(row.name), _facts(row.settings), row_link(row.name)) for row in rows
    ]


# What the table stands on; the stages of a bundle write beside it, and are none of its business.
OF_ALL = ("compare", "evaluate", "export", "finetune", "preprocess", "pretrain", "texture")
OF_ROWS = ("experiments", "focus", "judged")


def stages(folder: Path | None, names: Sequence[str]) -> list[Stage]:
    """Those of the whole table, then those of its rows; whoever ran them, and when, stays out of
    the page."""
    if folder is None or not folder.is_dir():
        return []
    of_all = [folder / f"{stage}.json" for stage in OF_ALL]
    of_rows = [folder / home / f"{name}.json" for home in OF_ROWS for name in names]
    files = filter(Path.is_file, [*of_all, *of_rows])
    return [_stage(path.relative_to(folder), read_json(path)) for path in files]


def _facts(settings: Mapping[str, Any]) -> dict[str, str]:
    images, init = settings.get("train_images", {}), settings.get("init")
    best = settings.get("best_epoch")  # counts from 0, the page from 1
    facts = {
        "recipe": settings.get("recipe"),
        "profile": settings.get("profile"),
        "init": init.get("name") if isinstance(init, Mapping) else init,
        "epochs": settings.get("epochs"),
        "best epoch": None if best is None else best + 1,
        "seed": settings.get("training_seed"),
        "fold": settings.get("fold"),
        "images": ", ".join(f"{count} {KINDS.get(kind, kind)}" for kind, count in images.items()),
    }
    return {name: "" if value is None else str(value) for name, value in facts.items()}


def _gigabytes(value: Any) -> str:
    return f"{value:.1f} GB" if isinstance(value, int | float) else ""


def _stage(path: Path, facts: Mapping[str, Any]) -> Stage:
    name = path.with_suffix("").as_posix()
    key = str(facts.get("key", ""))
    trains = str(facts.get("stage", "")).split("@")[0] in TRAINING
    seconds = facts.get("seconds")
    return Stage(
        name=name,
        key=key,
        commit=str(facts.get("commit", "")),
        dirty=bool(facts.get("dirty")),
        where=", ".join(
            str(facts[part]) for part in ("device", "precision", "cpu") if facts.get(part)
        ),
        seconds=f"{seconds:.0f} s" if isinstance(seconds, int | float) else "",
        memory=_gigabytes(facts.get("peak_memory_gb")),
        link=training_link(key) if trains else None,
    )
