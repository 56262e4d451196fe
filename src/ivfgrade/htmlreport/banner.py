"""What to know before any number: which data, which values, and what the numbers can prove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivfgrade.htmlreport.ladder_view import READING_NAMES
from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.rows import Row
from ivfgrade.htmlreport.sources import Comparison
from ivfgrade.htmlreport.wording import capital

VERDICTS = ("holds", "does not hold", "cannot tell")
MACHINERY = "These trainings prove the machinery only: no verdict follows from their numbers."
MIXED = (
    "The images and curves below are of trainings that prove the machinery only; Table 1 and the "
    "verdicts rest on other trials."
)
RESEARCH = "This is research software; nothing here was validated on patients."


@dataclass(frozen=True)
class Banner:
    facts: list[tuple[str, str]]
    machinery_only: bool
    warnings: list[str]


def banner(rows: Sequence[Row], comparison: Comparison, data_name: str) -> Banner:
    """The comparison may pool more trials than the one whose rows the page shows."""
    about = comparison.facts
    judged, shown = bool(about.get("machinery_only")), not all(map(_gives_verdicts, rows))
    cautions = list(about.get("cautions", []))
    if shown and not judged:
        cautions.insert(0, MIXED if about else MACHINERY)
    facts = {
        "Data": data_name,
        "Profile": _list(sorted({*about.get("profiles", []), *_settings(rows, "profile")})),
        "Recipe": _list(_settings(rows, "recipe")),
        **_trials(rows, about.get("trials", {})),
        **_outcome(comparison),
    }
    return Banner(
        facts=[(name, value or "unknown") for name, value in facts.items()],
        machinery_only=judged or shown,
        warnings=[*map(_sentence, cautions), RESEARCH],
    )


def trial_of(rows: Sequence[Row]) -> str:
    """Which of the trials the images are of."""
    seeds, folds = _settings(rows, "training_seed"), _settings(rows, "fold")
    seed = f"training seed {_list(seeds)}" if seeds else "one training per row"
    return f"{seed}, fold {_list(folds)}" if folds else f"{seed}, a single split"


def _gives_verdicts(row: Row) -> bool:
    """Whether its training was long enough to say anything about the paper."""
    return bool(row.settings.get("verdicts", True))


def _trials(rows: Sequence[Row], trials: Mapping[str, Any]) -> dict[str, str]:
    folds = trials.get("folds") or _settings(rows, "fold")
    images = {image for row in rows for image in row.images["image"]}
    patients = {patient for row in rows for patient in row.images["patient"]}
    return {
        "Training seeds": _list(trials.get("training_seeds") or _settings(rows, "training_seed")),
        "Folds": _list(folds) if folds else "single split",
        "Test images": f"{trials.get('images') or len(images)} of "
        f"{trials.get('patients') or len(patients)} patients",
    }


def _outcome(comparison: Comparison) -> dict[str, str]:
    counts = comparison.ledger.get("counts", {})
    found = {
        "Claims": ", ".join(f"{name} {counts.get(name, 0)}" for name in VERDICTS) if counts else "",
        "Row F": _answer(comparison.ladder) if comparison.ladder else "",
    }
    return {name: text for name, text in found.items() if text}


def _answer(ladder: Mapping[str, Any]) -> str:
    """Over all readings of C, then which of them F was held against and which it reached."""
    readings: dict[str, list[str]] = {}
    for one in ladder["criterion"]:
        reading = f"{told(one['row_of_c'])} {READING_NAMES[one['mae_of_c']]}"
        readings.setdefault(one["answer"], []).append(reading)
    against = "; ".join(
        f"{'against' if len(readings) == 1 else f'{answer} against'} {_list(names)}"
        for answer, names in readings.items()
    )
    return f"{ladder['answer']} ({against})" if against else ladder["answer"]


def _settings(rows: Sequence[Row], name: str) -> list[Any]:
    found = {row.settings.get(name) for row in rows} - {None}
    return sorted(found, key=str)


def _list(values: Sequence[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _sentence(text: str) -> str:
    return capital(told(text)) + ("" if text.endswith(".") else ".")
