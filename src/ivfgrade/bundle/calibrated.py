"""A graph gets its interval and its limits from images that nothing was trained or chosen on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from onnx import ModelProto

from ivfgrade.bundle.decide import with_constants
from ivfgrade.bundle.interval import IntervalRule, features, fit_interval
from ivfgrade.bundle.labelled import by_defect, good_of
from ivfgrade.bundle.quality import MEASURES
from ivfgrade.bundle.refusal import REFUSALS, fit_limits, refused, sides
from ivfgrade.errors import InputError

LEAST_IMAGES = 20  # of a calibration


@dataclass(frozen=True)
class Rules:
    """What is fitted on calibration images."""

    interval: IntervalRule
    limits: tuple[float, ...]  # in the order of MEASURES

    def constants(self) -> dict[str, np.ndarray]:
        """As the graph names them."""
        return {
            "interval_scale": np.asarray(self.interval.scale),
            "interval_quantile": np.asarray(self.interval.quantile),
            "refusal_sides": sides(),
            "refusal_limits": np.asarray(self.limits),
        }

    def described(self) -> dict[str, Any]:
        limits = dict(zip(MEASURES, self.limits, strict=True))
        refusals = [{**asdict(one), "limit": limits[one.measure]} for one in REFUSALS]
        return {"interval": asdict(self.interval), "refusals": refusals}


def fit_rules(table: pd.DataFrame, confidence: float, refused_share: float) -> Rules:
    """From `labelled.measured_folder` of good pictures and planted defects. The interval is fitted
    on what is not refused: nothing else is answered."""
    good = good_of(table)
    limits = fit_limits(good[list(MEASURES)].to_numpy(float), by_defect(table), refused_share)
    return Rules(fit_on_answered(good, limits, confidence), tuple(map(float, limits)))


def fit_on_answered(good: pd.DataFrame, limits: np.ndarray, confidence: float) -> IntervalRule:
    beyond = refused(good[list(MEASURES)].to_numpy(float), limits).any(1)
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
    return rule


def put_into(model: ModelProto, rules: Rules) -> bytes:
    with_constants(model, rules.constants())
    return model.SerializeToString(deterministic=True)


def constants_to_begin_with(
    thresholds: tuple[float, float], borders: tuple[float, ...]
) -> Mapping[str, Any]:
    """Of a graph that is not calibrated yet: it refuses nothing and its interval holds all."""
    count = len(MEASURES)
    return {
        "thresholds": np.asarray(thresholds),
        "grade_borders": np.asarray(borders[1:-1]),
        "interval_scale": np.array([1.0, 0.0, 0.0]),
        "interval_quantile": np.asarray(1.0),
        "refusal_sides": np.ones(count),
        "refusal_limits": np.full(count, np.finfo(np.float32).max),
    }
