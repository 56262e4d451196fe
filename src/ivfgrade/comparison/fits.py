"""Could a trial that is not yet trained be pooled with those that are kept? Asked before hours of
training, which would else end in a refusal."""

from __future__ import annotations

from pathlib import Path

from ivfgrade.comparison.identity import Identity
from ivfgrade.comparison.kept_values import Values, values_of
from ivfgrade.comparison.poolable import require_poolable
from ivfgrade.comparison.read_trials import homes_in, kept_identity
from ivfgrade.comparison.records import read_study
from ivfgrade.errors import InputError


def require_fits_study(
    results_folder: Path, params_text: str, training_seed: int, fold: int | None
) -> None:
    """`params_text` is the content of the params.yaml that would make the trial; its own seed and
    fold do not matter. A folder without trials takes any; of a trial that was kept without its
    values only profile and recipe are compared."""
    values = values_of(params_text, "the params.yaml of the new trial")
    new = Identity(
        training_seed=training_seed,
        fold=fold,
        profile=values["profile"],
        recipe=values["recipe"],
        values=values,
    )
    for home in homes_in(results_folder):
        kept = kept_identity(home)
        try:
            require_poolable([kept, new])
        except InputError as error:
            raise InputError(f"the new trial does not go with {home}: {error}") from error
    _require_shared(results_folder / "study.json", values)


def _require_shared(path: Path, values: Values) -> None:
    """What all trials of a study share, as it was kept with the first of them."""
    if not path.exists():
        return
    about, evaluated = read_study(path), values.get("evaluate", {})
    theirs = {"data": about["data"], **about["bootstrap"]}
    ours = {
        "data": Path(values.get("data", {}).get("root", "")).name,
        "samples": evaluated.get("bootstrap_samples"),
        "confidence": evaluated.get("confidence"),
        "seed": values.get("seed"),
    }
    for name, one in ours.items():
        if one != theirs[name]:
            raise InputError(
                f"{path} has {name} {theirs[name]}, the new trial would have {one}: keep it in "
                "another folder of results"
            )
