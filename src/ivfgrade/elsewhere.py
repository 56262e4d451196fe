"""A trained model on a folder that it was not trained on: nothing is learnt, only measured."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ivfgrade.dataset.arrays import load_arrays
from ivfgrade.dataset.build import BuildParams, build_arrays
from ivfgrade.dataset.contract import Contract, read_contract
from ivfgrade.errors import InputError
from ivfgrade.evaluation.report import table, write_report
from ivfgrade.evaluation.trial import Folders, hold_trial, setting_of
from ivfgrade.params import Params


@dataclass(frozen=True)
class Trained:
    """Where the main line left what is tried."""

    model: Path
    data: Path  # prepared; for the baselines, and for what the model has seen


def evaluate_folder(folder: Path, out: Path, trained: Trained, params: Params) -> str:
    """Fill `out` with a report like the evaluate stage's, phases aside; returns its table."""
    setting = setting_of(params)
    contract = as_test_images(read_contract(folder, setting.scheme))
    require_out(folder, out)
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "processed"
        size = load_arrays(trained.data).size  # the network's, whatever params.yaml says today
        build = BuildParams(size, params.split, params.seed)
        build_arrays(contract, setting.scheme, [], build, data)
        trial = hold_trial(Folders(data, trained.model, trained.data, phase_1=None), setting)
        numbers = write_report(trial, folder.name, out)
    warn_of_seen(numbers["test"])
    return table(numbers)


def require_out(folder: Path, out: Path) -> None:
    """Before minutes of work: a place that can be written, and not in the data."""
    if out.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{out} lies in the data that is measured; name another folder for the report"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out} cannot be made: {error.strerror}; name another folder") from error


def warn_of_seen(tested: Mapping[str, Any]) -> None:
    """Of what is tested, as the report tells it."""
    if seen := tested["seen_in_training"]:
        print(
            f"warning: {seen} of the {tested['images']} images of {tested['data']} were in the "
            "train, val or calibration split of this model, so on them it looks better than it is",
            file=sys.stderr,
        )


def as_test_images(contract: Contract) -> Contract:
    """Every image in the test split, whatever the folder's own split column says."""
    if contract.problems:
        raise InputError(
            f"{contract.root} has {len(contract.problems)} problems, the first: "
            f"{contract.problems[0]}; ivfgrade data check lists all"
        )
    return replace(contract, samples=[replace(s, split="test") for s in contract.samples])
