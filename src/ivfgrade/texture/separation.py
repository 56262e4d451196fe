"""Does a feature space separate the grades? Numbers for what the eye is asked to see in Fig. 1.

Embryos of one patient resemble each other, so a patient's images are graded by those of all other
patients. The linear classifier is there because overlap to the eye, or to neighbours, does not
exclude a boundary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.metrics import silhouette_samples
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ivfgrade.evaluation import agreement
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import GradingScheme
from ivfgrade.texture.params import TextureParams
from ivfgrade.texture.scores import Numbers, Ranking, Scores, balanced_accuracy


@dataclass(frozen=True)
class Separation:
    """Numbers, and per image what they are computed from."""

    numbers: Numbers
    table: pd.DataFrame  # tsne_1, tsne_2, then per classifier its grade and its extreme share


def separation(
    images: pd.DataFrame,
    features: np.ndarray,
    scheme: GradingScheme,
    params: TextureParams,
    bootstrap: Bootstrap,
    seed: int,
) -> Separation:
    grade, patients = images["grade_index"].to_numpy(int), images["patient"].to_numpy(str)
    grades = len(scheme.names)
    extreme = np.isin(grade, (0, grades - 1))  # of which the paper says that even these overlap
    scores = Scores(patients, bootstrap)
    plane = tsne_plane(features, params.perplexity, seed)  # N 2
    table = {"tsne_1": plane[:, 0], "tsne_2": plane[:, 1]}
    numbers: Numbers = {"chance": chance(scores, grade, grades)}
    rankings: list[Ranking] = []
    for name, model in classifiers(params.neighbours).items():
        shares = held_out_shares(model, features, grade, patients, grades)
        of_two = np.full(len(grade), np.nan)  # share of the last grade, against the first alone
        of_two[extreme] = held_out_shares(
            model, features[extreme], grade[extreme], patients[extreme], grades
        )[:, -1]
        rankings.append(Ranking(of_two, grade == grades - 1, extreme))
        answer = shares.argmax(1)
        numbers[name] = {
            "grade_accuracy": scores.agreement(grade, answer, grades, agreement.accuracy),
            "balanced_accuracy": scores.agreement(grade, answer, grades, balanced_accuracy),
            "auc_last_against_first": scores.auc(rankings[-1]),
        }
        table |= {f"{name}_grade": np.array(scheme.names)[answer], f"{name}_share_last": of_two}
    numbers["best_auc_last_against_first"] = scores.best_auc(rankings)
    spaces = {"features": StandardScaler().fit_transform(features), "tsne": plane}
    numbers["silhouette"] = silhouettes(scores, spaces, grade, extreme)
    return Separation(numbers, pd.DataFrame(table))


def classifiers(neighbours: int) -> dict[str, ClassifierMixin]:
    """Grades weigh the same in the linear one: leaving a patient out makes the patient's grades
    rarer among the rest, by which features without any meaning would be ranked upside down.
    """
    return {
        "neighbours": KNeighborsClassifier(neighbours, weights="distance"),
        "linear": LogisticRegression(max_iter=2000, class_weight="balanced"),
    }


def held_out_shares(
    model: ClassifierMixin,
    features: np.ndarray,
    grade: np.ndarray,
    patients: np.ndarray,
    grades: int,
) -> np.ndarray:
    """Probability of each grade, N K, from a model that saw no image of the same patient."""
    shares = np.zeros((len(grade), grades))
    if len(np.unique(patients)) < 2:
        return np.full_like(shares, np.nan)
    for others, own in LeaveOneGroupOut().split(features, groups=patients):
        taught = np.unique(grade[others])
        if len(taught) == 1:
            shares[own, taught[0]] = 1.0
            continue
        fitted = make_pipeline(StandardScaler(), _fitting(model, len(others)))
        fitted.fit(features[others], grade[others])
        shares[np.ix_(own, fitted.classes_)] = fitted.predict_proba(features[own])
    return shares


def _fitting(model: ClassifierMixin, images: int) -> ClassifierMixin:
    """No more neighbours than there are images."""
    fresh = clone(model)
    if isinstance(fresh, KNeighborsClassifier):
        fresh.set_params(n_neighbors=min(fresh.n_neighbors, images))
    return fresh


def chance(scores: Scores, grade: np.ndarray, grades: int) -> Numbers:
    """What the most frequent grade gets on these very images, without a look at any."""
    usual = np.full(len(grade), np.bincount(grade, minlength=grades).argmax())
    return {
        "grade_accuracy": scores.agreement(grade, usual, grades, agreement.accuracy),
        "balanced_accuracy": 1 / len(np.unique(grade)),
        "auc_last_against_first": 0.5,
    }


def silhouettes(
    scores: Scores, spaces: Mapping[str, np.ndarray], grade: np.ndarray, extreme: np.ndarray
) -> Numbers:
    """1: grades lie apart, 0: they overlap, below: an image lies among those of another grade.

    Patients are redrawn, the points stay where all images together put them.
    """
    return {
        space: {
            "all_grades": scores.mean(_silhouette(points, grade, np.full(len(grade), True))),
            "last_and_first": scores.mean(_silhouette(points, grade, extreme)),
        }
        for space, points in spaces.items()
    }


def _silhouette(points: np.ndarray, grade: np.ndarray, counted: np.ndarray) -> np.ndarray:
    values = np.full(len(grade), np.nan)
    if 1 < len(np.unique(grade[counted])) < counted.sum():
        values[counted] = silhouette_samples(points[counted], grade[counted])
    return values


def tsne_plane(features: np.ndarray, perplexity: float, seed: int) -> np.ndarray:
    """N 2 from standardised features; few images bear only a small perplexity."""
    scaled = StandardScaler().fit_transform(features)
    largest = max(1.0, (len(scaled) - 1) / 3)
    tsne = TSNE(2, perplexity=min(perplexity, largest), init="pca", random_state=seed)
    return tsne.fit_transform(scaled).astype(float)
