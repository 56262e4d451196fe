"""Small trials whose numbers are known: rows are tables of given Dice and given errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade.comparison.identity import Identity
from ivfgrade.comparison.made_by import plan
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.tables import with_derived
from ivfgrade.comparison.trials import Trial
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import GradingScheme
from ivfgrade.params import Params, load_params

PROJECT = Path(__file__).resolve().parents[2]
SCHEME = GradingScheme("s1-abcd", 1, ("A", "B", "C", "D"), (0.0, 0.1, 0.25, 0.5, 1.0))
BOOTSTRAP = Bootstrap(samples=400, confidence=0.95, seed=5)
IMAGES, PER_PATIENT = 24, 3
VALIDATED = 1200  # the first image of the validation patients
Change = Callable[[pd.DataFrame], pd.DataFrame]
OF_IDENTITY = {field.name for field in fields(Identity)}
READINGS = ("direct", "hard", "soft", "fused")


def truth(images: int = IMAGES, first: int = 0) -> pd.DataFrame:
    """Every fourth image and the last patient have a grade only, the first image no fragment."""
    index = np.arange(first, first + images)
    weak = (index % 4 == 3) | (index % IMAGES >= IMAGES - PER_PATIENT)
    ratio = np.where(weak, np.nan, (index * 0.037) % 0.6)
    paired = ~np.isnan(ratio)
    grades = ["" if np.isnan(value) else SCHEME.grade(value) for value in ratio]
    return pd.DataFrame(
        {
            "image": [f"e{i:03}.png" for i in index],
            "patient": [f"p{i // PER_PATIENT:02}" for i in index],
            "stage": "4",
            "supervision": np.where(paired, "paired", "weak"),
            "ratio": ratio,
            "grade": grades,
            "clinical_grade": [grade or "B" for grade in grades],
        }
    )


def row(
    known: pd.DataFrame,
    seed: int,
    dice: float | None = 0.7,
    error: float = 0.05,
    regresses: bool = True,
    spread: float = 0.02,
) -> pd.DataFrame:
    """Answers of a network; `dice` None: it draws no outlines."""
    rng = np.random.default_rng(seed)
    asked = np.where(known["ratio"].notna(), 0.0, np.nan)
    outlined = np.where(known["ratio"] > 0, 0.0, np.nan)
    table = known.copy()
    drawn = np.nan if dice is None else dice
    table["dice"] = drawn + outlined + rng.normal(0, spread, len(known))
    table["boundary_f1"] = table["dice"] / 2
    table["false_alarm"] = np.where(known["ratio"] == 0, 0.01, np.nan) + 0 * drawn
    table["all_embryo_dice"] = np.where(known["ratio"] > 0, 0.3, np.nan) + 0 * drawn
    for name in READINGS:
        there = regresses if name == "direct" else dice is not None
        offset = error * rng.uniform(0.5, 1.5, len(known)) if there else np.nan
        table[name] = known["ratio"].fillna(0.3) + offset
        table[f"error_{name}"] = (table[name] - known["ratio"]).abs() + asked
    table["error_soft_uncalibrated"] = 1.5 * table["error_soft"]
    answer = "fused" if dice is not None else "direct"
    table["reported"] = table[answer]
    table["error_reported"] = table[f"error_{answer}"]
    table["predicted_grade"] = [SCHEME.grade(min(ratio, 1)) for ratio in table["reported"]]
    table["median_fragment_px"] = np.where(
        known["ratio"] > 0, 8.0 + 1.2 * (known.index % 8), np.nan
    )
    table["error_constant"] = (known["ratio"] - 0.2).abs()
    table["error_grade_oracle"] = known["ratio"] * 0.1
    return with_derived(table)


ROWS = ("Baseline", "A", "A_longer", "B1", "B2", "C", "D", "E", "F")


def about(seed: int = 2, fold: int | None = None, **more) -> dict:
    """A row.json."""
    shared = {"training_seed": seed, "fold": fold, "profile": "paper", "recipe": "plus"}
    return {**shared, "verdicts": True, "data_digest": "d1", **more}


@cache
def of_project() -> Params:
    return load_params(PROJECT / "params.yaml")


def learnt(row: str) -> dict[str, Any]:
    """What the row.json of a row says of its training, by the project's values."""
    params = replace(of_project(), profile="paper", recipe="plus")
    found, whole = plan(params, row), plan(params, "A")
    init = {"name": "resnet50-11ad3fa6.pth", "sha256": "11ad"}
    if row in ("D", *params.experiments.frozen):
        return {**found, "phase_1": {"epochs": whole["epochs"], "init": init}}
    return {**found, "init": init}


def write_row(home: Path, name: str, seed: int, fold: int | None = None) -> None:
    """As the pipeline leaves it."""
    first = (fold or 0) * IMAGES
    tables = {"per_image": answers(seed, first), "validation": answers(seed, VALIDATED + first)}
    home.mkdir(parents=True)
    for file, rows in tables.items():
        rows[name].to_csv(home / f"{file}.csv", index=False, float_format="%.6g")
    (home / "row.json").write_text(json.dumps(about(seed, fold, row=name, **learnt(name))))


def write_experiments(
    folder: Path, seed: int = 2, fold: int | None = None, rows: tuple[str, ...] = ROWS
) -> None:
    for name in rows:
        write_row(folder / name, name, seed, fold)
    cosines = pd.DataFrame({"epoch": [1, 2], "conflict_stem": [-0.1, -0.3]})
    cosines.to_csv(folder / "C" / "history.csv", index=False)


def edit(folder: Path, name: str, change: Change) -> None:
    path = folder / name / "per_image.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(table).to_csv(path, index=False)


def set_cell(column: str, value: str) -> Change:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[5, column] = value
        return table

    return change


@cache
def answers(seed: int, first: int) -> dict[str, pd.DataFrame]:
    """Of all rows, on the images from `first` on; shared, so nobody may change them."""
    return all_rows(truth(IMAGES, first), seed)


def all_rows(known: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    return {
        "Baseline": row(known, 10 * seed + 1, 0.69, regresses=False),
        "A": row(known, 10 * seed + 2, 0.72, 0.06, regresses=False),
        "A_longer": row(known, 10 * seed + 9, 0.71, 0.06, regresses=False),
        "B1": row(known, 10 * seed + 3, None, 0.07),
        "B2": row(known, 10 * seed + 4, None, 0.06),
        "C": row(known, 10 * seed + 5, 0.70, 0.05),
        "D": row(known, 10 * seed + 6, 0.72, 0.055),
        "E": row(known, 10 * seed + 7, 0.66, 0.07),
        "F": row(known, 10 * seed + 8, 0.73, 0.03),
    }


def a_trial(seed: int, fold: int | None, rows: dict[str, pd.DataFrame], **more: Any) -> Trial:
    """`more` is of the trial or of its identity."""
    said = {**about(seed, fold), **more}
    identity = Identity(**{name: said.pop(name) for name in OF_IDENTITY & said.keys()})
    return Trial(identity=identity, rows=rows, **said)


def another(trial: Trial, **changes: Any) -> Trial:
    """The same tables under another identity."""
    return replace(trial, identity=replace(trial.identity, **changes))


def trials(seeds: tuple[int, ...] = (2,), folds: int = 1) -> list[Trial]:
    return [
        a_trial(
            seed,
            fold if folds > 1 else None,
            all_rows(truth(IMAGES, fold * IMAGES), seed),
            validation=all_rows(truth(IMAGES, VALIDATED + fold * IMAGES), 50 + seed),
        )
        for seed in seeds
        for fold in range(folds)
    ]


def study(made: list[Trial] | None = None, machinery_only: bool = False) -> Study:
    judged = made if made is not None else trials((2, 3), 2)
    if machinery_only:
        judged = [replace(another(trial, profile="small"), verdicts=False) for trial in judged]
    return Study(judged, SCHEME, BOOTSTRAP, "on synthetic embryos")


ALIKE = {"epochs": 12, "init": "none", "image_passes": 36}  # a training that all rows share


def with_c_head(error: float) -> list[Trial]:
    """F is better than A at outlines and than C at grades; so may C be after F's phase 2."""
    given = {
        "A": (0.72, 0.05),
        "A_longer": (0.72, 0.05),
        "C": (0.70, 0.05),
        "F": (0.75, 0.02),
        "C_head": (0.70, error),
    }
    rows = {
        name: row(truth(), index, *numbers, spread=1e-4)
        for index, (name, numbers) in enumerate(given.items())
    }
    return [a_trial(2, None, rows, settings=dict.fromkeys(rows, ALIKE))]
