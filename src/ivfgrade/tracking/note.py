"""The description on top of a row's page in MLflow: headline numbers and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivfgrade.atomic import read_json
from ivfgrade.tracking.receipt import Row

BASELINE_MAE = "test_baselines_mae_constant_hindsight"
BASELINE_ACCURACY = "test_baselines_grade_accuracy_most_frequent"
# what it is called, its metric, and the same by a trivial answer that looks at no image
HEADLINES = (
    ("Dice of the fragments", "test_dice", "whole embryo", "test_baselines_dice_all_embryo"),
    ("Ratio: mean absolute error", "test_mae_reported", "best constant", BASELINE_MAE),
    ("Grade accuracy", "test_grade_accuracy", "usual grade", BASELINE_ACCURACY),
    (
        "Within one grade",
        "test_within_one",
        "usual grade",
        "test_baselines_within_one_most_frequent",
    ),
    ("Quadratic kappa", "test_kappa_quadratic", "", ""),
)


def row_note(row: Row, metrics: Mapping[str, float], trainings: Mapping[str, str]) -> str:
    """`trainings`: stage -> address of its run within the UI."""
    lines = ["| on the test split | value | interval | without looking |", "|---|---|---|---|"]
    for label, name, trivial, baseline in HEADLINES:
        if name in metrics:
            aside = f"{trivial} {metrics[baseline]:.3f}" if baseline in metrics else ""
            interval = _interval(metrics, name)
            lines.append(f"| {label} | {metrics[name]:.3f} | {interval} | {aside} |")
    links = ", ".join(f"[{stage}]({address})" for stage, address in trainings.items())
    return "\n".join([*lines, "", data_statement(row), "", f"Trainings: {links}"])


def data_statement(row: Row) -> str:
    summary = read_json(Path(row.summary))
    test = sum(summary["images_per_split"]["test"].values())
    patients = summary["patients_per_split"]["test"]
    return (
        f"Data `{row.params.get('data.root', '')}`: {summary['images']} images of "
        f"{summary['patients']} patients, of which {test} of {patients} are for the test. "
        f"Research software, not a medical device."
    )


def _interval(metrics: Mapping[str, float], name: str) -> str:
    low, high = metrics.get(f"{name}_low"), metrics.get(f"{name}_high")
    return "" if low is None or high is None else f"{low:.3f} - {high:.3f}"
