"""Patient bootstrap with a floor: the value of too few patients has no interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ivfgrade.evaluation.bootstrap import Bootstrap, Interval


def interval_of_mean(values: np.ndarray, patients: np.ndarray, bootstrap: Bootstrap) -> Interval:
    """NaN: the question does not arise for that image, nor for a patient without another one."""
    known = patients[np.isfinite(values)]
    return with_floor(known, bootstrap, lambda: bootstrap.mean(values, patients))


def with_floor(
    patients: np.ndarray, bootstrap: Bootstrap, resample: Callable[[], Interval]
) -> Interval:
    found = resample()
    if enough(patients, bootstrap):
        return found
    return replace(found, low=float("nan"), high=float("nan"))


def enough(patients: np.ndarray, bootstrap: Bootstrap) -> bool:
    return len(set(patients)) >= bootstrap.fewest_patients
