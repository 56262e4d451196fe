"""Were the compared rows trained alike? Where they were not, a difference may be that of the
trainings, so it is told beside each comparison.

A row of two phases is a whole network's training and then one of the head (and the injection): the
first is set against the whole training of the other rows, the second told by the head's epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Trial

WHOLE = ("init", "epochs", "image_passes", "train_images")  # of row.json, or of its phase_1
USED_AT = 8  # output stride at which every network answers, and at which phase 2 sees its features
UNKNOWN = "unknown"
Told = Callable[[Trial, str], str | None]  # of a row of a trial; None: it has nothing of the kind


def unequal_footing(study: Study, rows: Sequence[str]) -> tuple[str, ...]:
    """One remark for each way in which the trainings of the rows differ."""
    questions: dict[str, Told] = {name: _of_whole(name) for name in WHOLE}
    questions |= {
        "passes over images with masks": _masked_passes,
        "epochs of the head": _head_epochs,
        "epoch that is kept": _kept_epoch,
        f"output stride at which the head is trained (it is used at {USED_AT})": _head_stride,
    }
    described = {row: [one for one in held if one.settings.get(row)]
                 for row, held in _holding(study, rows).items()}  # fmt: skip
    found = {name: _answers(described, told) for name, told in questions.items()}
    return tuple(
        _remark(name, answers) for name, answers in found.items() if len(set(answers.values())) > 1
    )


def unequal_start(study: Study, rows: Sequence[str]) -> tuple[str, ...]:
    """In what their whole networks must be alike for one to be shown as good as the others, but are
    not, or are not known to be. How many images each saw is what weak images bring, and only told.
    """
    return _unlike(study, rows, ("init", "epochs"))


def lesser_training(study: Study, row: str, than: str) -> tuple[str, ...]:
    """In what `row` does not stand for as much training as `than`: another start, fewer images."""
    held = _holding(study, (row, than))
    ours, theirs = ([_passes(trial, one) for trial in held.get(one, [])] for one in (row, than))
    unlike = _unlike(study, (row, than), ("init",))
    if not (ours and theirs) or np.min(ours) >= np.max(theirs):
        return unlike
    return (*unlike, _remark("image_passes", _answers(held, _of_whole("image_passes"))))


def _unlike(study: Study, rows: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    held = _holding(study, rows)
    found = {name: _answers(held, _of_whole(name)) for name in names}
    return tuple(
        _remark(name, answers)
        for name, answers in found.items()
        if len(set(answers.values())) > 1 or any(UNKNOWN in said for said in answers.values())
    )


def _remark(name: str, answers: Mapping[str, str]) -> str:
    return f"{name}: " + ", ".join(f"{row} {answer}" for row, answer in answers.items())


def _holding(study: Study, rows: Sequence[str]) -> dict[str, list[Trial]]:
    """Row -> the trials that hold it, of the rows that were run."""
    return {
        row: [trial for trial in study.trials if row in trial.rows]
        for row in dict.fromkeys(rows)
        if row in study.rows
    }


def _answers(held: Mapping[str, Sequence[Trial]], told: Told) -> dict[str, str]:
    """Row -> what its trials say, without the rows of which the question does not arise."""
    every = {row: {told(trial, row) for trial in trials} for row, trials in held.items()}
    known = {row: sorted(one for one in said if one is not None) for row, said in every.items()}
    return {row: " or ".join(said) for row, said in known.items() if said}


def _of_whole(name: str) -> Told:
    def told(trial: Trial, row: str) -> str:
        return _spoken(_whole(trial, row).get(name, UNKNOWN))

    return told


def _whole(trial: Trial, row: str) -> Mapping[str, Any]:
    """The training of the whole network, which of two phases is the first."""
    setting = trial.settings.get(row, {})
    return {**setting, **setting.get("phase_1", {})}


def _passes(trial: Trial, row: str) -> float:
    """Of which nothing is known, no comparison with it is true."""
    return float(_whole(trial, row).get("image_passes", "nan"))


def _masked_passes(trial: Trial, row: str) -> str:
    """An epoch is one pass over the images with masks (S4.50)."""
    whole = _whole(trial, row)
    paired = whole.get("train_images", {}).get("paired")
    known = paired is not None and "epochs" in whole
    return str(whole["epochs"] * paired) if known else UNKNOWN


def _head_epochs(trial: Trial, row: str) -> str | None:
    """All that a head learnt in: one that phase 1 has trained goes on from there."""
    setting = trial.settings[row]
    if not _regresses(setting):
        return None
    before = _head_epochs_of_phase_1(trial, row)
    return UNKNOWN if before is None else str(setting["epochs"] + before)


def _head_epochs_of_phase_1(trial: Trial, row: str) -> int | None:
    phase_1 = trial.settings[row].get("phase_1", {})
    if "head_epochs" in phase_1:
        return int(phase_1["head_epochs"])
    segmenter = _segmenter(trial, row)
    if segmenter is None:  # phase 1 has no head, or there was none
        return 0
    # an older row.json is silent of a head that was there: what phase 2 stood on tells
    standing = [trial.settings[one] for one, model in _models(trial).items()
                if model == segmenter and trial.settings.get(one)]  # fmt: skip
    if not standing:
        return None
    return int(standing[0]["epochs"]) if _regresses(standing[0]) else 0


def _segmenter(trial: Trial, row: str) -> str | None:
    """The model that the phase 2 of a row stood on, where params.yaml was kept and names it."""
    frozen = trial.identity.values.get("experiments", {}).get("frozen", {})
    return frozen.get(row, {}).get("segmenter")


def _models(trial: Trial) -> Mapping[str, str]:
    """Row -> its model, likewise."""
    return trial.identity.values.get("experiments", {}).get("models", {})


def _kept_epoch(trial: Trial, row: str) -> str | None:
    phase = trial.settings[row].get("phase")
    if phase is None:
        return None
    if phase["keep"] is None:
        return "the last"
    held = f" while {phase['hold'][0]} is held" if phase["hold"] else ""
    return f"{phase['keep'][1]} {phase['keep'][0]} on validation{held}"


def _head_stride(trial: Trial, row: str) -> str | None:
    setting = trial.settings[row]
    if not _regresses(setting) or trial.training_stride is None:
        return None
    if "phase_1" in setting:
        return str(USED_AT)
    has_stride = setting["model"].get("trunk", "resnet50") == "resnet50"  # InceptionV3 has one only
    return str(trial.training_stride) if has_stride else None


def _regresses(setting: Mapping[str, Any]) -> bool:
    """A network without outlines is a trunk and a head."""
    model = setting.get("model", {})
    return bool(model) and model.get("head", "its own") != "none"


def _spoken(value: Any) -> str:
    if isinstance(value, Mapping):
        return " and ".join(f"{key} {one}" for key, one in value.items() if one is not None)
    return str(value)
