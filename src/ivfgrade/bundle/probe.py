"""Evidence of a defect: a weighted sum of clues, fitted by logistic regression.

Evidence by which limits are set comes from probes that have not seen the patient; the probe that is
handed over has seen all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from ivfgrade.bundle.interval import FOLDS, folds_of

PENALTY = 1.0  # on the weights of standardised clues
STEPS = 5000


@dataclass(frozen=True)
class Probe:
    weight: np.ndarray  # K
    bias: float

    def evidence(self, clues: np.ndarray) -> np.ndarray:
        """Logarithm of the odds [N]; above 0 a picture is more like the defective ones."""
        return clues @ self.weight + self.bias


def fit_probe(clues: np.ndarray, defective: np.ndarray) -> Probe:
    """From clues [N,K] and whether the picture has the defect [N]; both kinds weigh the same."""
    mean, std = clues.mean(0), clues.std(0)
    scale = np.where(std > 0, 1 / np.where(std > 0, std, 1.0), 0.0)
    model = LogisticRegression(C=1 / PENALTY, class_weight="balanced", max_iter=STEPS)
    model.fit((clues - mean) * scale, defective)
    weight = model.coef_[0] * scale
    return Probe(weight, float(model.intercept_[0] - mean @ weight))


def evidence_of_strangers(
    clues: np.ndarray, defective: np.ndarray, known: np.ndarray, patients: np.ndarray
) -> np.ndarray:
    """Evidence [N] for each picture by a probe that was fitted without its patient, on pictures
    of which it is `known` whether they have this very defect."""
    found, fold = np.empty(len(clues)), folds_of(patients)
    for number in range(FOLDS):
        learnt, held = known & (fold != number), fold == number
        found[held] = fit_probe(clues[learnt], defective[learnt]).evidence(clues[held])
    return found
