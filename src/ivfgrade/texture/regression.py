"""From features to the ratio: a multi-layer perceptron as in the paper, and ridge as its control.

Both learn from the train split alone; how long and how strictly is settled on the validation split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ivfgrade.texture.params import MlpParams, TextureParams

Predict = Callable[[np.ndarray], np.ndarray]  # features N F -> ratios N


@dataclass(frozen=True)
class Labelled:
    features: np.ndarray  # N F
    ratio: np.ndarray  # N


@dataclass(frozen=True)
class Chosen:
    """The candidate with the least mean absolute error on validation."""

    predict: Predict
    val_mae: float
    penalty: float
    epochs: int | None  # None: solved in one go

    def __call__(self, features: np.ndarray) -> np.ndarray:
        return np.clip(self.predict(features), 0.0, 1.0)  # a share


def fit_regressors(
    train: Labelled, val: Labelled, params: TextureParams, seed: int
) -> dict[str, Chosen]:
    return {
        "mlp": _least(fit_mlp(train, val, p, params.mlp, seed) for p in params.mlp.penalties),
        "ridge": _least(fit_ridge(train, val, p) for p in params.ridge_penalties),
    }


def fit_ridge(train: Labelled, val: Labelled, penalty: float) -> Chosen:
    model = make_pipeline(StandardScaler(), Ridge(penalty)).fit(train.features, train.ratio)
    return Chosen(model.predict, _mae(model.predict, val), penalty, None)


def fit_mlp(train: Labelled, val: Labelled, penalty: float, params: MlpParams, seed: int) -> Chosen:
    """Early stopping by hand: scikit-learn's own would part the images of one patient."""
    scaler = StandardScaler().fit(train.features)
    model = MLPRegressor(
        hidden_layer_sizes=params.hidden,
        alpha=penalty,
        batch_size=min(params.batch, len(train.ratio)),
        learning_rate_init=params.learning_rate,
        random_state=np.random.RandomState(seed),  # noqa: NPY002 it moves on from epoch to epoch
    )
    best: Chosen | None = None
    for epoch in range(1, params.epochs + 1):
        model.partial_fit(scaler.transform(train.features), train.ratio)
        reached = _mae(_scaled(scaler, model), val)
        if best is None or reached < best.val_mae:
            best = Chosen(_scaled(scaler, deepcopy(model)), reached, penalty, epoch)
        elif epoch - (best.epochs or 0) >= params.patience:
            break
    assert best is not None  # there is at least one epoch
    return best


def _scaled(scaler: StandardScaler, model: MLPRegressor) -> Predict:
    return lambda features: model.predict(scaler.transform(features))


def _least(candidates: Iterable[Chosen]) -> Chosen:
    return min(candidates, key=lambda chosen: chosen.val_mae)


def _mae(predict: Predict, known: Labelled) -> float:
    return float(np.abs(np.clip(predict(known.features), 0.0, 1.0) - known.ratio).mean())
