"""Could a trial that is not yet trained be pooled with those that are kept? Asked before hours of
training, which would else end in a refusal."""

from __future__ import annotations

from pathlib import Path

from ivfgrade.comparison.records import read_study
from ivfgrade.comparison.same_values import require_same_values
from ivfgrade.comparison.trials import Trial, homes_in, kept_facts, values_of
from ivfgrade.errors import InputError


def require_fits_study(
    results_folder: Path, params_text: str, training_seed: int, fold: int | None
) -> None:
    """`params_text` is the content of the params.yaml that would make the trial; its own seed and
    fold do not matter. A folder without trials takes any; of a trial that was kept without its
    values only profile and recipe are compared."""
    known = values_of(params_text, "the params.yaml of the new trial")
    values = known["values"]
    for home in homes_in(results_folder):
        kept = Trial(**kept_facts(home), rows={})
        new = Trial(
            training_seed, fold, {}, verdicts=kept.verdicts, profile=values["profile"],
            recipe=values["recipe"], data_digest=kept.data_digest, **known,
        )  # fmt: skip
        _require_pools(new, kept, home)
    _require_same_study(results_folder / "study.json", values)


def _require_pools(new: Trial, kept: Trial, home: Path) -> None:
    if (new.fold is None) != (kept.fold is None):
        raise InputError(
            f"a trial of {new.name} cannot join {home}, which is of {kept.name}: keep a single "
            "split and folds in different folders of results"
        )
    if new.name == kept.name:
        raise InputError(f"{home} is already of {new.name}")
    for what in ("profile", "recipe"):
        ours, theirs = getattr(new, what), getattr(kept, what)
        if ours != theirs:
            raise InputError(
                f"{home} was made with the {what} {theirs}, the new trial would be with {ours}: "
                "keep it in another folder of results"
            )
    require_same_values(new, kept)


def _require_same_study(path: Path, values: dict) -> None:
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
