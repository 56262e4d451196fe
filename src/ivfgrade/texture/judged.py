"""A regressor on the test split: its error, and which grades it tells apart.

The paper says of LBP and MLP that the last grade is identified and the others are not. "Identified"
is asked as recall and precision of the last grade, and as AUC, which no shift of the predictions
towards the mean can spoil; "not told apart" as accuracy within the others, and as AUC of each pair
of grades: first and third may lie apart where neighbours overlap.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from ivfgrade.evaluation import agreement
from ivfgrade.evaluation.baselines import Baselines
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import GradingScheme
from ivfgrade.texture.scores import Numbers, Ranking, Scores, balanced_accuracy

NOTHING: Numbers = {"value": None, "low": None, "high": None}


def judge(
    predicted: np.ndarray, test: pd.DataFrame, scheme: GradingScheme, bootstrap: Bootstrap
) -> Numbers:
    """`predicted`: ratios in the order of the rows of `test`."""
    truth, grade = test["ratio"].to_numpy(float), test["grade_index"].to_numpy(int)
    answer, count = scheme.grade_index(predicted), len(scheme.names)
    scores = Scores(test["patient"].to_numpy(str), bootstrap)
    error, constant = np.abs(predicted - truth), np.abs(np.median(truth) - truth)
    return {
        "mae": scores.mean(error),
        "mae_relative_to_best_constant": scores.ratio(error, constant),
        "bias": scores.mean(predicted - truth),
        "grade_accuracy": scores.agreement(grade, answer, count, agreement.accuracy),
        "balanced_accuracy": scores.agreement(grade, answer, count, balanced_accuracy),
        "kappa_quadratic": scores.agreement(grade, answer, count, agreement.quadratic_kappa),
        "of_grade": {
            name: {
                "images": int((grade == index).sum()),
                "recall": scores.mean(np.where(grade == index, answer == index, np.nan)),
                "precision": scores.mean(np.where(answer == index, grade == index, np.nan)),
                "mae": scores.mean(np.where(grade == index, error, np.nan)),
                "median_prediction": _median(predicted[grade == index]),
            }
            for index, name in enumerate(scheme.names)
        },
        **_claim(predicted, grade, answer, scheme, scores),
    }


def _claim(
    predicted: np.ndarray,
    grade: np.ndarray,
    answer: np.ndarray,
    scheme: GradingScheme,
    scores: Scores,
) -> Numbers:
    last = len(scheme.names) - 1
    others = grade < last
    usual = np.bincount(grade[others], minlength=1).argmax()
    everyone = np.full(len(grade), True)
    pairs = {
        (lower, upper): Ranking(predicted, grade == upper, np.isin(grade, (lower, upper)))
        for lower, upper in combinations(range(last + 1), 2)
    }
    among_others = [ranking for (_, upper), ranking in pairs.items() if upper < last]
    return {
        "auc_last_against_others": scores.auc(Ranking(predicted, grade == last, everyone)),
        "auc_of_two_grades": {
            f"{scheme.names[lower]}-{scheme.names[upper]}": scores.auc(ranking)
            for (lower, upper), ranking in pairs.items()
        },
        "auc_of_best_pair_without_last": scores.best_auc(among_others) if among_others else NOTHING,
        "accuracy_without_last": scores.mean(np.where(others, answer == grade, np.nan)),
        "usual_grade_without_last": scores.mean(np.where(others, grade == usual, np.nan)),
    }


def judge_constants(
    baselines: Baselines, test: pd.DataFrame, scheme: GradingScheme, bootstrap: Bootstrap
) -> Numbers:
    """The same without a look at the image: `best` knows the median of the test ratios itself."""
    truth, grade = test["ratio"].to_numpy(float), test["grade_index"].to_numpy(int)
    scores = Scores(test["patient"].to_numpy(str), bootstrap)
    usual = np.full(len(grade), scheme.names.index(baselines.usual_grade))
    return {
        "of_training": baselines.constant,
        "mae_of_training": scores.mean(np.abs(baselines.constant - truth)),
        "best": round(float(np.median(truth)), 6),
        "mae_best": scores.mean(np.abs(np.median(truth) - truth)),
        "usual_grade": baselines.usual_grade,
        "grade_accuracy_usual": scores.agreement(
            grade, usual, len(scheme.names), agreement.accuracy
        ),
    }


def _median(values: np.ndarray) -> float | None:
    return round(float(np.median(values)), 6) if len(values) else None
