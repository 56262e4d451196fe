"""What one gets without looking at the image: every number of the model stands beside these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ivfgrade.grading import GradingScheme

HUMAN_AGREEMENT = [
    "embryologists among themselves, fragmentation: Cohen's kappa 0.72 (0.29 to 1.0) within a "
    "centre, 0.41 to 0.60 between centres for seniors (Cimadomo et al. 2022, 36 readers)",
    "day-3 grade: kappa 0.24 between readers, 0.69 within one (Baxter Bendus et al. 2006)",
    "no agreement of outlined fragments (Dice between people) was found in print",
]


@dataclass(frozen=True)
class Baselines:
    """Answers that use the training labels, and for the oracle the true grade, but no pixel."""

    constant: float  # the training median: least mean absolute error of any constant there
    of_grade: dict[str, float]  # grade -> training median within that grade
    usual_grade: str  # the most frequent grade of training


def fit_baselines(train_ratios: np.ndarray, scheme: GradingScheme) -> Baselines:
    """A grade without a training image answers with the middle of its interval."""
    ratios = np.asarray(train_ratios, float)
    grades = np.array([scheme.grade(ratio) for ratio in ratios])
    of_grade = {
        name: float(np.median(ratios[grades == name]))
        if (grades == name).any()
        else sum(scheme.interval(name)) / 2
        for name in scheme.names
    }
    counts = [(grades == name).sum() for name in scheme.names]
    constant = (
        float(np.median(ratios)) if len(ratios) else sum(scheme.interval(scheme.names[0])) / 2
    )
    return Baselines(constant, of_grade, scheme.names[int(np.argmax(counts))])


def add_baselines(images: pd.DataFrame, baselines: Baselines) -> pd.DataFrame:
    """The baselines' absolute errors, per image, as columns."""
    ratio = images["ratio"].astype(float)
    hindsight = float(ratio.median()) if ratio.notna().any() else float("nan")
    oracle = images["grade"].map(baselines.of_grade).astype(float)
    return images.assign(
        error_constant=(ratio - baselines.constant).abs(),
        error_constant_hindsight=(ratio - hindsight).abs(),
        error_grade_oracle=(ratio - oracle).abs(),
    )
