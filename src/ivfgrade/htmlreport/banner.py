"""What to know before any number: which data, which values, and what the numbers can prove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ivfgrade.htmlreport.rows import Row
from ivfgrade.htmlreport.sources import Comparison

QUICK = "quick"
VERDICTS = ("holds", "does not hold", "cannot tell")
MACHINERY = "This proves the machinery only: every verdict is 'cannot tell'."
MIXED = (
    "The images and curves below are of a quick run, which proves the machinery only; Table 1 and "
    "the verdicts rest on other trials."
)
RESEARCH = "This is research software; nothing here was validated on patients."


@dataclass(frozen=True)
class Banner:
    facts: list[tuple[str, str]]
    is_quick: bool
    warnings: list[str]


def banner(rows: Sequence[Row], comparison: Comparison, data_name: str) -> Banner:
    """The comparison may pool more trials than the one whose rows the page shows."""
    about = comparison.facts
    shown_profiles = _settings(rows, "profile")
    quick = bool(about.get("machinery_only")) if about else QUICK in shown_profiles
    mixed = not quick and QUICK in shown_profiles
    cautions = [text for text in about.get("cautions", []) if "machinery only" not in text]
    first = [MACHINERY] if quick else [MIXED] if mixed else []
    shown = {
        "Data": data_name,
        "Profile": _list(sorted({*about.get("profiles", []), *shown_profiles})),
        "Recipe": _list(_settings(rows, "recipe")),
        **_trials(rows, about.get("trials", {})),
        **_outcome(comparison),
    }
    return Banner(
        facts=[(name, value or "unknown") for name, value in shown.items()],
        is_quick=quick or mixed,
        warnings=[*first, *map(_sentence, cautions), RESEARCH],
    )


def trial_of(rows: Sequence[Row]) -> str:
    """Which of the trials the images are of."""
    seeds, folds = _settings(rows, "training_seed"), _settings(rows, "fold")
    seed = f"training seed {_list(seeds)}" if seeds else "one training per row"
    return f"{seed}, fold {_list(folds)}" if folds else f"{seed}, a single split"


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
    answers = [one["answer"] for one in comparison.ladder.get("criterion", [])]
    found = {
        "Claims": ", ".join(f"{name} {counts.get(name, 0)}" for name in VERDICTS) if counts else "",
        "Row F": " / ".join(answers),
    }
    return {name: text for name, text in found.items() if text}


def _settings(rows: Sequence[Row], name: str) -> list[Any]:
    found = {row.settings.get(name) for row in rows} - {None}
    return sorted(found, key=str)


def _list(values: Sequence[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")
