"""Were the compared rows trained alike? Where they were not, a difference may be that of the
trainings, so it is told beside each comparison.

A row of two phases is a whole network's training and then one of the head (and the injection): the
first is set against the whole training of the other rows, the second told by the head's epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Trial

WHOLE = ("init", "epochs", "image_passes", "train_images")  # of row.json, or of its phase_1
USED_AT = 8  # output stride at which every network answers, and at which phase 2 sees its features
HEAD_GOES_ON = {"C_head": "C"}  # row -> row whose trained head it trains on
UNKNOWN = "unknown"
Told = Callable[[Trial, str], str | None]  # of a row of a trial; None: it has nothing of the kind


def unequal_footing(study: Study, rows: Sequence[str]) -> tuple[str, ...]:
    """One remark for each way in which the trainings of the rows differ."""
    questions: dict[str, Told] = {name: _of_whole(name) for name in WHOLE}
    questions |= {
        "epochs of the head": _head_epochs,
        "epoch that is kept": _kept_epoch,
        f"output stride at which the head is trained (it is used at {USED_AT})": _head_stride,
    }
    found = {name: _answers(study, rows, told) for name, told in questions.items()}
    return tuple(
        f"{name}: " + ", ".join(f"{row} {answer}" for row, answer in answers.items())
        for name, answers in found.items()
        if len(set(answers.values())) > 1
    )


def unequal_start(study: Study, rows: Sequence[str]) -> tuple[str, ...]:
    """In what their whole networks must be alike for one to be shown as good as the others, but are
    not, or are not known to be. How many images each saw is what weak images bring, and only told.
    """
    found = {name: _answers(study, rows, _of_whole(name)) for name in ("init", "epochs")}
    return tuple(
        f"{name}: " + ", ".join(f"{row} {answer}" for row, answer in answers.items())
        for name, answers in found.items()
        if len(set(answers.values())) > 1 or UNKNOWN in " ".join(answers.values())
    )


def _answers(study: Study, rows: Sequence[str], told: Told) -> dict[str, str]:
    """Row -> what its trials say, without the rows of which the question does not arise."""
    every = {
        row: {told(trial, row) for trial in study.trials if trial.settings.get(row)}
        for row in dict.fromkeys(rows)
        if row in study.rows
    }
    known = {row: sorted(one for one in said if one is not None) for row, said in every.items()}
    return {row: " or ".join(said) for row, said in known.items() if said}


def _of_whole(name: str) -> Told:
    def told(trial: Trial, row: str) -> str:
        setting = trial.settings[row]
        return _spoken({**setting, **setting.get("phase_1", {})}.get(name, UNKNOWN))

    return told


def _head_epochs(trial: Trial, row: str) -> str | None:
    """All that a head learnt in: C_head's goes on from that of C."""
    setting = trial.settings[row]
    if not _regresses(setting):
        return None
    before = trial.settings.get(HEAD_GOES_ON.get(row, ""), {})
    return str(setting["epochs"] + before.get("epochs", 0))


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
