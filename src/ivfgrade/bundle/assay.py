"""A bundle measured on embryos that it has never seen: what its intervals cover, how wide they are,
and what it refuses. Everything follows from a table with one line per picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade.bundle.labelled import good_of
from ivfgrade.bundle.refusal import REFUSALS
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import GradingScheme

PROMISES = {  # what must hold on fresh embryos: a number, its side, its limit
    "coverage.low": (">=", 0.87),
    "width.times_constant": ("<=", 0.5),
    "refused_good.value": ("<=", 0.02),
    **{f"refused.{one.defect}.value": (">=", 0.9) for one in REFUSALS},
}


def assay(
    table: pd.DataFrame, scheme: GradingScheme, interval: Mapping[str, Any], by: Bootstrap
) -> dict[str, Any]:
    """`table` as `labelled.measured_folder` made it; `interval` as the manifest tells it."""
    good = table[good_of(table)]
    beyond, patients = (good["refused"] != "").to_numpy(), good["patient"].to_numpy(str)
    answered = good[~beyond & good["truth"].notna().to_numpy()]
    found = {
        "pictures": len(table),
        "good": len(good),
        "patients": int(good["patient"].nunique()),
        "answered": len(answered),
        "refused_good": by.mean(beyond.astype(float), patients).numbers(),
        "refused": {str(name): _refused(part, by) for name, part in _defective(table)},
        "coverage": _coverage(answered, by),
        "coverage_by_grade": _by_grade(answered, scheme, by),
        "width": _width(answered, interval),
        "mae": by.mean(_error(answered), answered["patient"].to_numpy(str)).numbers(),
        "grade_sets": _sets(answered, scheme, by),
    }
    return {**found, "promises": promises(found)}


def promises(found: dict[str, Any]) -> dict[str, bool]:
    """Which of them are kept."""
    return {
        f"{name} {side} {limit:g}": _value(found, name) >= limit
        if side == ">="
        else _value(found, name) <= limit
        for name, (side, limit) in PROMISES.items()
    }


def _value(found: dict[str, Any], name: str) -> float:
    for part in name.split("."):
        found = found[part]
    return float(found)  # type: ignore[arg-type]


def _defective(table: pd.DataFrame) -> Any:
    return table[~good_of(table)].groupby("defect")


def _refused(part: pd.DataFrame, by: Bootstrap) -> dict[str, Any]:
    flags = (part["refused"] != "").to_numpy(float)
    reasons = part["refused"].str.split().explode().value_counts()
    codes = {str(code): int(count) for code, count in reasons.items()}
    return {"pictures": len(part), **by.mean(flags, part["patient"].to_numpy(str)).numbers(),
            "reasons": codes}  # fmt: skip


def _covered(answered: pd.DataFrame) -> np.ndarray:
    low, truth, high = (
        answered[name].to_numpy(float) for name in ("ratio_low", "truth", "ratio_high")
    )
    return ((low <= truth) & (truth <= high)).astype(float)


def _coverage(answered: pd.DataFrame, by: Bootstrap) -> dict[str, Any]:
    return by.mean(_covered(answered), answered["patient"].to_numpy(str)).numbers()


def _by_grade(answered: pd.DataFrame, scheme: GradingScheme, by: Bootstrap) -> dict[str, Any]:
    grades = scheme.grade_index(answered["truth"].to_numpy(float))
    parts = {name: answered[grades == index] for index, name in enumerate(scheme.names)}
    return {name: {"embryos": len(part), **_coverage(part, by)} for name, part in parts.items()}


def _error(answered: pd.DataFrame) -> np.ndarray:
    return (answered["ratio"] - answered["truth"]).abs().to_numpy(float)


def _width(answered: pd.DataFrame, interval: Mapping[str, Any]) -> dict[str, Any]:
    """Beside what a predictor would need that tells every embryo the same: with the same promise,
    from the same calibrants; round the median of these very embryos; and at its very best, the
    shortest interval that holds as many of them. All end at 0 and 1, as ours do."""
    confidence, constant = (float(interval[name]) for name in ("confidence", "constant_width"))
    width = (answered["ratio_high"] - answered["ratio_low"]).to_numpy(float)
    truth = np.sort(answered["truth"].to_numpy(float))
    middle = np.median(truth)
    half = np.quantile(np.abs(truth - middle), confidence)
    round_median = float(min(1.0, middle + half) - max(0.0, middle - half))
    held = int(np.ceil(confidence * len(truth)))
    shortest = float((truth[held - 1 :] - truth[: len(truth) - held + 1]).min())
    median = float(np.median(width))
    return {
        "median": median,
        "mean": float(width.mean()),
        "constant": constant,
        "constant_round_median": round_median,
        "constant_shortest": shortest,
        "times_constant": median / constant,
        "times_constant_round_median": median / round_median,
        "times_constant_shortest": median / shortest,
    }


def _sets(answered: pd.DataFrame, scheme: GradingScheme, by: Bootstrap) -> dict[str, Any]:
    """Of how many grades the answer is, and how often the true one is among them."""
    grade = scheme.grade_index(answered["truth"].to_numpy(float))
    low, high = (answered[f"grade_{end}"].to_numpy(int) for end in ("low", "high"))
    within = ((low <= grade) & (grade <= high)).astype(float)
    sizes, counts = np.unique(high - low + 1, return_counts=True)
    shares = {str(size): count / len(answered) for size, count in zip(sizes, counts, strict=True)}
    covered = by.mean(within, answered["patient"].to_numpy(str)).numbers()
    return {"share_by_size": shares, "holds_the_true_grade": covered}
