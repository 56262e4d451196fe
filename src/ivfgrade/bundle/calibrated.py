"""A graph gets its probes, limits and interval from images that nothing was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade.bundle.interval import (
    IntervalRule,
    constant_width,
    features,
    fit_interval,
)
from ivfgrade.bundle.labelled import Measured, good_of
from ivfgrade.bundle.ports import FOCUS
from ivfgrade.bundle.probe import Probe, evidence_of_strangers, fit_probe
from ivfgrade.bundle.refusal import MEASURES, REFUSALS, fit_limits, refused, sides
from ivfgrade.errors import InputError

LEAST_IMAGES = 20  # of a calibration
PROBED = {"defocus": "focus", "several": "pooled"}  # measure -> the clues it is evidence from


@dataclass(frozen=True)
class Rules:
    """What is fitted on calibration images."""

    probes: Mapping[str, Probe]  # by measure
    limits: tuple[float, ...]  # in the order of MEASURES
    interval: IntervalRule

    def constants(self) -> dict[str, np.ndarray]:
        """As the graph names them."""
        return {
            **{f"{name}_weight": probe.weight for name, probe in self.probes.items()},
            **{f"{name}_bias": np.asarray(probe.bias) for name, probe in self.probes.items()},
            "refusal_limits": np.asarray(self.limits),
            **interval_constants(self.interval),
        }

    def described(self) -> dict[str, Any]:
        limits = dict(zip(MEASURES, self.limits, strict=True))
        refusals = [{**asdict(one), "limit": limits[one.measure]} for one in REFUSALS]
        return {"interval": asdict(self.interval), "refusals": refusals}

    def told(self) -> str:
        rule = self.interval
        return (
            f"interval: {rule.quantile:.2f} times the expected error, from {rule.images} pictures "
            f"of {rule.patients} patients; {len(self.limits)} limits of quality"
        )


def interval_constants(rule: IntervalRule) -> dict[str, np.ndarray]:
    return {
        "interval_scale": np.asarray(rule.scale),
        "interval_quantile": np.asarray(rule.quantile),
    }


def fit_rules(measured: Measured, confidence: float, refused_share: float) -> Rules:
    """From good pictures and planted defects. The interval is fitted on what is not refused:
    nothing else is answered."""
    table, good = measured.table.copy(), good_of(measured.table)
    patients, probes = table["patient"].to_numpy(str), {}
    for measure, clues in PROBED.items():
        named = next(one.defect for one in REFUSALS if one.measure == measure)
        defective = (table["defect"] == named).to_numpy()
        known, of = good | defective, measured.clues[clues].astype(float)
        table[measure] = evidence_of_strangers(of, defective, known, patients)
        probes[measure] = fit_probe(of[known], defective[known])
    limits = fit_limits(measures_of(table[good]), _by_defect(table[~good]), refused_share)
    rule = fit_on_answered(table[good], limits, confidence)
    return Rules(probes, tuple(map(float, limits)), rule)


def fit_on_answered(good: pd.DataFrame, limits: np.ndarray, confidence: float) -> IntervalRule:
    beyond = refused(measures_of(good), limits).any(1)
    known = good[~beyond & good["truth"].notna().to_numpy()]
    if len(known) < LEAST_IMAGES:
        raise InputError(
            f"only {len(known)} images that are not refused have a known ratio; an interval needs "
            f"{LEAST_IMAGES}"
        )
    rule = fit_interval(
        (known["ratio"] - known["truth"]).abs().to_numpy(float),
        features(*(known[name].to_numpy(float) for name in ("direct", "soft", "doubt"))),
        known["patient"].to_numpy(str),
        confidence,
    )
    if not np.isfinite(rule.quantile):
        raise InputError(
            f"{rule.patients} patients are too few for an interval of confidence {confidence:g}"
        )
    truth, patients = known["truth"].to_numpy(float), known["patient"].to_numpy(str)
    return replace(rule, constant_width=constant_width(truth, patients, confidence))


def constants_to_begin_with(
    thresholds: tuple[float, float], borders: tuple[float, ...], pooled: int
) -> Mapping[str, np.ndarray]:
    """Of a graph that is not calibrated yet: it refuses nothing and its interval holds all."""
    return {
        "thresholds": np.asarray(thresholds),
        "grade_borders": np.asarray(borders[1:-1]),
        **{f"{name}_weight": np.zeros(count) for name, count in _clues(pooled).items()},
        **{f"{name}_bias": np.zeros(()) for name in PROBED},
        "interval_scale": np.array([1.0, 0.0, 0.0]),
        "interval_quantile": np.asarray(1.0),
        "refusal_sides": sides(),
        "refusal_limits": sides() * np.finfo(np.float32).max,
    }


def _clues(pooled: int) -> dict[str, int]:
    counts = {"focus": FOCUS, "pooled": pooled}
    return {measure: counts[clues] for measure, clues in PROBED.items()}


def measures_of(table: pd.DataFrame) -> np.ndarray:
    """[N,Q], as MEASURES."""
    return table[list(MEASURES)].to_numpy(float)  # N Q


def _by_defect(table: pd.DataFrame) -> dict[str, np.ndarray]:
    return {str(name): measures_of(part) for name, part in table.groupby("defect")}
