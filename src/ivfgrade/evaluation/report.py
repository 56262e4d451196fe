"""The report of a trial: numbers, tables and pictures in one folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ivfgrade.atomic import read_json, write_json, write_text
from ivfgrade.dataset.arrays import SUMMARY, load_arrays
from ivfgrade.evaluation import figures
from ivfgrade.evaluation.attention import attention_figure, gate_maps, spread_over_ratios
from ivfgrade.evaluation.baselines import HUMAN_AGREEMENT
from ivfgrade.evaluation.contact_sheet import Gallery, contact_sheet
from ivfgrade.evaluation.injection import shuffle_effect
from ivfgrade.evaluation.phases import compare_phases, frozen_tensors
from ivfgrade.evaluation.summary import RULES, Summary, as_number
from ivfgrade.evaluation.trial import Trial
from ivfgrade.fragmentation.calibration import tune_threshold
from ivfgrade.fragmentation.model import AttnRegDeepLab
from ivfgrade.fragmentation.scoring import predict
from ivfgrade.fragmentation.stored import load
from ivfgrade.training.checkpoints import HISTORY

Numbers = dict[str, Any]


def write_report(trial: Trial, data_name: str, out: Path) -> Numbers:
    """Fill `out`; returns what metrics.json holds."""
    setting = trial.setting
    summary = Summary(trial.images, setting.scheme, setting.params, setting.seed)
    numbers = metrics(trial, summary, data_name)
    write_json(out / "metrics.json", numbers)
    write_json(out / "headline.json", headline(numbers))
    write_json(out / "details.json", details(trial, summary))
    for name, table in tables(trial).items():
        write_text(out / name, table.to_csv(index=False, float_format="%.6g"))
    draw(trial, summary, data_name, out)
    return numbers


def metrics(trial: Trial, summary: Summary, data_name: str) -> Numbers:
    """The numbers that runs are compared by, and what they were measured on."""
    phase_1 = trial.folders.phase_1
    return {
        **summary.headline(),
        "baselines": summary.baselines(trial.baselines),
        "weak": summary.weak(),
        "false_alarms": summary.false_alarms(),
        "calibration": summary.calibration(trial.raw_pixels, trial.calibrated_pixels),
        **({"phase_2": _phase_2(trial, phase_1, summary)} if phase_1 else {}),
        "test": _tested_on(trial, data_name),
        "rules": RULES,
        "human_agreement": HUMAN_AGREEMENT,  # lists stay out of the table of dvc metrics
    }


def headline(numbers: Mapping[str, Any]) -> dict[str, float | None]:
    """Plain values, few enough for one line of `dvc metrics show`; the intervals stay behind."""
    values = {name: number["value"] for name, number in numbers.items() if _is_interval(number)}
    beside = numbers["baselines"]["mae_constant_hindsight"]["value"]
    return {**values, "mae_best_constant": beside}


def _is_interval(number: Any) -> bool:
    return isinstance(number, dict) and set(number) == {"value", "low", "high"}


def details(trial: Trial, summary: Summary) -> Numbers:
    """The same questions asked of parts of the test set."""
    return {
        "grades": summary.grades(),
        "clinical_grade": summary.clinical(),
        "fragments_by_diameter_px": summary.fragments(trial.fragments),
        **summary.strata(),
    }


def tables(trial: Trial) -> dict[str, pd.DataFrame]:
    """File name -> table; all but the first two feed `dvc plots`."""
    known = trial.images[trial.images["ratio"].notna()]
    grades = {"grade": "actual", "predicted_grade": "predicted"}
    curves = {f"learning_{phase}.csv": epochs for phase, epochs in histories(trial).items()}
    return {
        "per_image.csv": trial.images,
        "fragments.csv": trial.fragments,
        "confusion.csv": known[["image", *grades]].rename(columns=grades),
        "scatter.csv": known[["image", "ratio", "reported", "direct", "hard", "soft", "fused"]],
        **curves,
    }


def histories(trial: Trial) -> dict[str, pd.DataFrame]:
    """What was logged per epoch of both phases; empty for a phase of no epochs."""
    phase_1, phase_2 = trial.folders.phase_1, trial.folders.model
    return {"phase_1": _history(phase_1), "phase_2": _history(phase_2)} if phase_1 else {}


def draw(trial: Trial, summary: Summary, data_name: str, out: Path) -> None:
    """What there is something to draw of."""
    scheme, images = trial.setting.scheme, trial.images
    curves = histories(trial)
    if curves:
        figures.learning_curves(**curves, path=out / "learning_curves.png")
    if images["ratio"].notna().any():
        figures.bland_altman(images, scheme, data_name, out / "bland_altman.png")
        counts = summary.confusion("grade")
        figures.confusion_matrix(counts, "true ratio", data_name, out / "confusion_matrix.png")
    if (images["clinical_grade"] != "").any():
        counts = summary.confusion("clinical_grade")
        figures.confusion_matrix(counts, "person", data_name, out / "clinical_confusion.png")
    if trial.raw_pixels.pixels.any():
        pixels = (trial.raw_pixels, trial.calibrated_pixels)
        figures.calibration(*pixels, images, scheme, data_name, out / "calibration.png")
    gallery = Gallery(trial.arrays, trial.found, trial.grader, data_name)
    contact_sheet(gallery, images, out / "contact_sheet.png")
    rows = spread_over_ratios(images, gallery.images_per_row)
    chosen = trial.found.indices[rows]
    alpha = gate_maps(trial.model, trial.arrays, chosen, trial.setting.compute)
    if alpha is not None:
        attention_figure(gallery, images, rows, alpha, out / "attention.png")


def table(numbers: Mapping[str, Any]) -> str:
    """What the stage prints: the headline with intervals, and what costs no look at the image."""
    test, baselines = numbers["test"], numbers["baselines"]
    beside = {
        "dice": ("whole embryo", baselines["dice_all_embryo"]),
        "mae_reported": ("best constant", baselines["mae_constant_hindsight"]),
        "mae_direct": ("grade oracle", baselines["mae_grade_oracle"]),
        "grade_accuracy": ("usual grade", baselines["grade_accuracy_most_frequent"]),
        "within_one": ("usual grade", baselines["within_one_most_frequent"]),
    }
    lines = [
        f"{test['images']} test images of {test['patients']} patients of {test['data']}, with "
        f"masks: {test['paired']} images of {test['paired_patients']} patients; "
        f"{test['confidence']:.0%} patient-bootstrap intervals, seed {test['seed']}"
    ]
    for name, number in numbers.items():
        if _is_interval(number) and number["value"] is not None:
            what, baseline = beside.get(name, ("", None))
            aside = f"   {what} {_text(baseline['value'])}" if baseline else ""
            span = f"{_text(number['low'])} to {_text(number['high'])}"
            lines.append(f"  {name:<17}{_text(number['value'])}   {span}{aside}")
    further = [
        *_weak_lines(numbers["weak"]),
        *_phase_2_lines(numbers.get("phase_2")),
        *HUMAN_AGREEMENT,
    ]
    return "\n".join([*lines, *(f"  {line}" for line in further)])


def _weak_lines(weak: Mapping[str, Any]) -> list[str]:
    """Images with a person's grade and nothing else."""
    if not weak["images"]:
        return []
    names = {"grade_accuracy": "same grade", "within_one": "within one", "kappa_quadratic": "kappa"}
    found = (
        f"{text} {_text(weak[name]['value']).strip()} "
        f"({_text(weak[name]['low']).strip()} to {_text(weak[name]['high']).strip()})"
        for name, text in names.items()
    )
    return [f"{weak['images']} images with a person's grade alone: {', '.join(found)}"]


def _phase_2_lines(phase_2: Mapping[str, Any] | None) -> list[str]:
    if phase_2 is None:
        return []
    change = phase_2["dice_change"]["value"]
    lines = [
        f"phase 2 changed Dice by {_text(change)} and {phase_2['frozen_tensors_changed']} "
        f"of {phase_2['frozen_tensors']} frozen tensors"
    ]
    moved = phase_2.get("shuffled_v_reg")
    if moved:
        lines.append(
            f"V_reg of another image moves the soft ratio by {moved['soft_ratio_change']:.2g}, "
            f"the hard-mask ratio by {moved['hard_ratio_change']:.2g} on average"
        )
    return lines


def _text(value: float | None) -> str:
    return "    -" if value is None else f"{value:5.3f}"


def _phase_2(trial: Trial, phase_1: Path, summary: Summary) -> Numbers:
    arrays, compute = trial.arrays, trial.setting.compute
    paired = arrays.indices("test", ("paired",))
    segmenter, _ = load(phase_1)
    threshold = _phase_1_threshold(trial, segmenter)
    outlined = predict(segmenter, arrays, paired, compute)
    dice = compare_phases(arrays, outlined, threshold, trial.images, summary.bootstrap)
    mask_logit, seed = trial.grader.calibration.mask_logit, trial.setting.seed
    moved = shuffle_effect(trial.model, arrays, paired, compute, mask_logit, seed)
    alive = {name: as_number(value) for name, value in moved.items()} if moved else None
    frozen = frozen_tensors(phase_1, trial.folders.model)
    read_at = {"mask_threshold_phase_1": threshold}
    return {**dice, **read_at, **frozen, **({"shuffled_v_reg": alive} if alive else {})}


def _phase_1_threshold(trial: Trial, segmenter: AttnRegDeepLab) -> float:
    """As the final model got its own; that one's, if the training held nothing to choose it on."""
    if trial.setting.mask_threshold is not None:
        return trial.setting.mask_threshold
    trained_on = load_arrays(trial.folders.trained_on)
    if not len(trained_on.indices("val", ("paired",))):
        return trial.grader.calibration.mask_threshold
    return tune_threshold(segmenter, trained_on, trial.setting.compute)


def _tested_on(trial: Trial, data_name: str) -> Numbers:
    setting, images = trial.setting, trial.images
    paired = images[images["supervision"] == "paired"]
    return {
        "data": data_name,
        "data_digest": read_json(trial.folders.data / SUMMARY)["data_digest"],
        "images": len(images),
        "paired": len(paired),
        "paired_patients": int(paired["patient"].nunique()),
        "patients": int(images["patient"].nunique()),
        "seen_in_training": seen_in_training(trial),
        "grading": f"{setting.scheme.id} version {setting.scheme.version}",
        "reported_ratio": trial.grader.reported,
        "mask_threshold": trial.grader.calibration.mask_threshold,
        "seed": setting.seed,
        "bootstrap_samples": setting.params.bootstrap_samples,
        "confidence": setting.params.confidence,
    }


def seen_in_training(trial: Trial) -> int:
    """How many test images are, byte for byte, among those that taught, chose or calibrated."""
    known = load_arrays(trial.folders.trained_on).manifest
    used = known.loc[known["split"].isin(["train", "val", "calibration"]), "sha256"]
    return int(trial.arrays.manifest["sha256"].iloc[trial.found.indices].isin(used).sum())


def _history(folder: Path) -> pd.DataFrame:
    path = folder / HISTORY
    return pd.read_csv(path) if path.stat().st_size else pd.DataFrame()
