"""Section II's evidence in one folder: numbers, per-image tables, figures 1 and 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ivfgrade.atomic import write_json, write_text
from ivfgrade.dataset.arrays import Arrays
from ivfgrade.errors import InputError
from ivfgrade.evaluation.baselines import Baselines, fit_baselines
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import GradingScheme
from ivfgrade.texture.figures import prediction_figure, spoken, tsne_figure
from ivfgrade.texture.judged import judge, judge_constants
from ivfgrade.texture.measure import KINDS, Measured, measure
from ivfgrade.texture.params import TextureParams
from ivfgrade.texture.regression import Chosen, Labelled, fit_regressors
from ivfgrade.texture.scores import Numbers, Scores
from ivfgrade.texture.separation import Separation, separation

Names = tuple[str, ...]
CLASSIFIERS = ("neighbours", "linear")
RULES = [
    "area: the embryo outline that the data set has, which favours these features over a network",
    "separation: each patient's images graded by all other patients', on the images of all splits "
    "with a known ratio; t-SNE and silhouette see them all at once",
    "neighbours: weighted by 1 / distance of standardised features; linear: logistic regression "
    "to which all grades weigh the same",
    "auc_last_against_first: models taught the first and the last grade alone",
    "measured: for the claims; of the classifiers, and of all pairs of grades below the last, the "
    "highest AUC; it is chosen on the same images, so each resample has its own best",
    "patients_by_class: of each class of grades that the AUC sets against another; few of them are "
    "few witnesses, whatever their images",
    "regressors: learn from train, are chosen by mean absolute error on val, are judged on test",
    "grade: grade of the predicted ratio against the grade of the true ratio",
    "intervals: percentiles over resamples of the patients, each with all its images; the models "
    "stay as they were fitted",
]


@dataclass(frozen=True)
class Setting:
    scheme: GradingScheme
    params: TextureParams
    bootstrap: Bootstrap
    seed: int  # of t-SNE and the perceptron


@dataclass(frozen=True)
class Regressions:
    """What the regressors say of the test images."""

    test: pd.DataFrame
    baselines: Baselines
    chosen: dict[str, Chosen]  # such as lbp_mlp
    predicted: dict[str, np.ndarray]


def write_report(arrays: Arrays, setting: Setting, facts: dict[str, Any], out: Path) -> Numbers:
    """Fill `out`; `facts` say which data this is. Returns what metrics.json holds."""
    measured = measure(arrays, setting.scheme, setting.params)
    with threadpool_limits(1):  # sums over threads would depend on their number
        regressions = regress(measured, setting)
        separations = {kind: _separate(measured, kind, setting) for kind in KINDS}
    numbers: Numbers = {
        **facts,
        "images": _counts(measured),
        "separation": {kind: found.numbers for kind, found in separations.items()},
        "regression": judged(regressions, setting),
        "values": asdict(setting.params),
        "seed": setting.seed,
        "bootstrap": asdict(setting.bootstrap),
        "rules": RULES,
    }
    numbers["measured"] = of_claims(numbers, measured, regressions.test, setting.scheme.names)
    write_json(out / "metrics.json", numbers)
    _write_table(out / "per_image.csv", per_image(regressions))
    _write_table(out / "embedding.csv", embedding(measured, separations))
    _draw(measured, separations["glcm"], regressions, numbers, setting, out)
    return numbers


def of_claims(numbers: Numbers, measured: Measured, test: pd.DataFrame, names: Names) -> Numbers:
    """What the paper's section II turns on, each with its interval, by what it was measured, and
    the images behind it. What cannot be told apart is judged by the best that was tried; what can
    be found, by the perceptron that the paper names."""
    glcm, lbp = numbers["separation"]["glcm"], numbers["regression"]["lbp_mlp"]
    way = _highest({way: glcm[way]["auc_last_against_first"] for way in CLASSIFIERS})
    told = {
        f"{first} and {second}": lbp["auc_of_two_grades"][f"{first}-{second}"]
        for first, second in combinations(names[:-1], 2)
    }
    best_pair = f"perceptron, best at {_highest(told)}"
    return {
        "glcm_auc_a_d": {
            **glcm["best_auc_last_against_first"],
            **_behind(f"{way} classifier", measured.images, _each((names[0], names[-1]))),
        },
        "lbp_auc_d": {
            **lbp["auc_last_against_others"],
            **_behind("perceptron", test, {"the others": names[:-1], names[-1]: names[-1:]}),
        },
        "lbp_auc_abc": {
            **lbp["auc_of_best_pair_without_last"],
            **_behind(best_pair, test, _each(names[:-1])),
        },
    }


def _highest(found: dict[str, Numbers]) -> str:
    """Name of the highest of those that are known; the first one, if none is."""
    values = {name: one["value"] for name, one in found.items()}
    return max(values, key=lambda name: -1.0 if values[name] is None else values[name], default="")


def _each(grades: Names) -> dict[str, Names]:
    return {name: (name,) for name in grades}


def _behind(by: str, images: pd.DataFrame, classes: dict[str, Names]) -> Numbers:
    """The images and patients of the grades that the measure compares, each class by itself: the
    images of one patient would be one witness, however many they are."""
    grades = [name for members in classes.values() for name in members]
    of_grade = {name: images[images["grade"] == name] for name in grades}
    return {
        "by": by,
        "images": sum(len(part) for part in of_grade.values()),
        "patients": _patients(images, grades),
        "grades": {name: len(part) for name, part in of_grade.items()},
        "patients_by_grade": {name: _patients(images, [name]) for name in grades},
        "patients_by_class": {
            name: _patients(images, members) for name, members in classes.items()
        },
    }


def _patients(images: pd.DataFrame, grades: Sequence[str]) -> int:
    return int(images.loc[images["grade"].isin(grades), "patient"].nunique())


def regress(measured: Measured, setting: Setting) -> Regressions:
    parts = {name: measured.of_split(name) for name in ("train", "val", "test")}
    for name, rows in parts.items():
        if not rows.any():
            raise InputError(f"split {name} has no image with a known ratio and an embryo outline")
    ratio = measured.images["ratio"].to_numpy(float)
    chosen: dict[str, Chosen] = {}
    for kind, features in measured.features.items():
        train, val = (Labelled(features[parts[n]], ratio[parts[n]]) for n in ("train", "val"))
        fitted = fit_regressors(train, val, setting.params, setting.seed)
        chosen |= {f"{kind}_{name}": regressor for name, regressor in fitted.items()}
    test = measured.images[parts["test"]]
    predicted = {
        name: regressor(measured.features[name.partition("_")[0]][parts["test"]])
        for name, regressor in chosen.items()
    }
    baselines = fit_baselines(ratio[parts["train"]], setting.scheme)
    return Regressions(test, baselines, chosen, predicted)


def judged(regressions: Regressions, setting: Setting) -> Numbers:
    test, by = regressions.test, (setting.scheme, setting.bootstrap)
    numbers: Numbers = {"constants": judge_constants(regressions.baselines, test, *by)}
    for name, predicted in regressions.predicted.items():
        chosen = regressions.chosen[name]
        settled = {"penalty": chosen.penalty, "epochs": chosen.epochs}
        settled["val_mae"] = round(chosen.val_mae, 6)
        numbers[name] = {**judge(predicted, test, *by), "settled_on_validation": settled}
    scores, truth = Scores(test["patient"].to_numpy(str), setting.bootstrap), test["ratio"]
    error = {name: (found - truth).abs() for name, found in regressions.predicted.items()}
    numbers["mae_mlp_minus_ridge"] = {
        kind: scores.mean(error[f"{kind}_mlp"] - error[f"{kind}_ridge"]) for kind in KINDS
    }
    return numbers


def per_image(regressions: Regressions) -> pd.DataFrame:
    """The test images: truth, each regressor's ratio, the constant that training suggests."""
    known = regressions.test[["image", "patient", "ratio", "grade"]]
    return known.assign(**regressions.predicted, constant=regressions.baselines.constant)


def embedding(measured: Measured, separations: dict[str, Separation]) -> pd.DataFrame:
    """Every measured image: its place in the t-SNE planes, and its grades by other patients."""
    known = measured.images[["image", "patient", "split", "ratio", "grade"]]
    tables = [found.table.add_prefix(f"{kind}_") for kind, found in separations.items()]
    return pd.concat([known, *tables], axis=1)


def summary(numbers: Numbers) -> str:
    """What the stage prints."""
    images, regression = numbers["images"], numbers["regression"]
    lines = [f"texture of {images['measured']} embryos of {images['patients']} patients"]
    for kind, found in numbers["separation"].items():
        for name in CLASSIFIERS:
            accuracy, auc = (
                spoken(found[name][n]) for n in ("grade_accuracy", "auc_last_against_first")
            )
            lines.append(f"  {kind:<5}{name:<11}accuracy {accuracy}   AUC last/first {auc}")
    constant = regression["constants"]["mae_best"]
    lines.append(
        f"  on {images['test']} test images: best constant in hindsight  MAE {spoken(constant, 3)}"
    )
    for name in (f"{kind}_{model}" for kind in KINDS for model in ("mlp", "ridge")):
        mae = spoken(regression[name]["mae"], 3)
        accuracy = spoken(regression[name]["grade_accuracy"])
        lines.append(f"  {name:<16}MAE {mae}   accuracy {accuracy}")
    return "\n".join(lines)


def _separate(measured: Measured, kind: str, setting: Setting) -> Separation:
    return separation(
        measured.images,
        measured.features[kind],
        setting.scheme,
        setting.params,
        setting.bootstrap,
        setting.seed,
    )


def _counts(measured: Measured) -> Numbers:
    return {
        "measured": len(measured.images),
        "patients": int(measured.images["patient"].nunique()),
        "left_out": measured.left_out,
        **{name: int(measured.of_split(name).sum()) for name in ("train", "val", "test")},
    }


def _draw(
    measured: Measured,
    glcm: Separation,
    regressions: Regressions,
    numbers: Numbers,
    setting: Setting,
    out: Path,
) -> None:
    data_name = str(numbers["data"])
    plane = glcm.table[["tsne_1", "tsne_2"]].to_numpy()
    by = (setting.scheme, data_name, out / "tsne.png")
    tsne_figure(measured.images, plane, glcm.numbers, *by)
    prediction_figure(
        regressions.test,
        regressions.predicted["lbp_mlp"],
        numbers["regression"]["lbp_mlp"],
        numbers["regression"]["constants"],
        setting.scheme,
        ("LBP features and a multi-layer perceptron", data_name),
        out / "lbp_mlp.png",
    )


def _write_table(path: Path, table: pd.DataFrame) -> None:
    write_text(path, table.to_csv(index=False, float_format="%.6g"))
