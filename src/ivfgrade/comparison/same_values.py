"""Were two trials made with the same values? Only seeds and folds may tell them apart.

Results are kept with the params.yaml that made them. Where none is there, what the rows say of
their own training stands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ivfgrade.comparison.identity import Identity

# where, when and under which name it ran; which rows it has, and where their networks lie
FREE = ("training_seed", "split.fold", "device", "precision", "track", "export",
        "experiments.models", "experiments.explained")  # fmt: skip
PER_ROW = ("experiments.learnt", "experiments.frozen")  # a trial may have fewer rows than another
ALTERNATIVES = ("profile", "recipe")  # of the sections `profiles` and `recipes` one is active
TRAINING = ("phase", "epochs", "init")  # of row.json
WITHIN_A_FOLD = "image_passes"  # folds have trainings of different size
ABSENT = "absent"


def differences(ours: Identity, theirs: Identity) -> Iterator[tuple[str, Any, Any]]:
    """Dotted name and both values of all that tells them apart beyond seed and fold."""
    if ours.values and theirs.values:
        yield from differing(_active(ours.values), _active(theirs.values))
        return
    asked = TRAINING if ours.fold != theirs.fold else (*TRAINING, WITHIN_A_FOLD)
    for row in (row for row in ours.settings if row in theirs.settings):
        one, other = (
            {row: {name: trial.settings[row].get(name) for name in asked}}
            for trial in (ours, theirs)
        )
        yield from differing(one, other)


def differing(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Dotted name and both values of all that is not equal."""
    for key in dict.fromkeys([*ours, *theirs]):
        name = f"{prefix}{key}"
        one, other = ours.get(key, ABSENT), theirs.get(key, ABSENT)
        if name in FREE or (ABSENT in (one, other) and prefix.rstrip(".") in PER_ROW):
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from differing(one, other, f"{name}.")
        elif one != other:
            yield name, one, other


def _active(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the profiles and recipes that did not take part."""
    active = dict(values)
    for what in ALTERNATIVES:
        every = active.pop(f"{what}s", {})
        active[f"{what}s"] = {values[what]: every.get(values[what])}
    return active
