"""A trained network in its folder: weights, and the spec from which they are rebuilt."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.model import OUTPUT_STRIDE, AttnRegDeepLab, build
from ivfgrade.fragmentation.regression import PureRegression, build_estimator
from ivfgrade.fragmentation.spec import EstimatorSpec, ModelSpec
from ivfgrade.strict import build as build_strictly
from ivfgrade.training.checkpoints import load_spec, load_weights, save_model

Network = AttnRegDeepLab | PureRegression
KINDS: dict[str, type[ModelSpec] | type[EstimatorSpec]] = {
    "model": ModelSpec,  # outlines fragments, and may regress the ratio
    "estimator": EstimatorSpec,  # regresses the ratio, and nothing else
}


def build_network(spec: ModelSpec | EstimatorSpec, output_stride: int = OUTPUT_STRIDE) -> Network:
    if isinstance(spec, EstimatorSpec):
        return build_estimator(spec, output_stride)
    return build(spec, output_stride)


def store(
    folder: Path, weights: dict[str, Tensor], spec: ModelSpec | EstimatorSpec, **facts: Any
) -> None:
    kind = next(name for name, of_kind in KINDS.items() if isinstance(spec, of_kind))
    save_model(folder, weights, {kind: asdict(spec), **facts})


def load_network(folder: Path) -> tuple[Network, ModelSpec | EstimatorSpec]:
    """Whichever network is stored there, in eval mode."""
    stored = load_spec(folder)
    kind = next((name for name in KINDS if name in stored), "model")
    spec = build_strictly(KINDS[kind], stored.get(kind), f"{folder}: {kind}")
    network = build_network(spec)
    load_into(network, folder, missing=())
    return network.eval(), spec


def load(folder: Path) -> tuple[AttnRegDeepLab, ModelSpec]:
    """A network that outlines, in eval mode."""
    network, spec = load_network(folder)
    if not isinstance(network, AttnRegDeepLab) or not isinstance(spec, ModelSpec):
        raise InputError(f"the network in {folder} draws no outlines; name one that does")
    return network, spec


def load_into(model: Network, folder: Path, missing: tuple[str, ...]) -> set[str]:
    """Load weights; the parts named in `missing` may be absent, nothing else may differ.

    Returns the parts that were absent.
    """
    result = model.load_state_dict(load_weights(folder), strict=False)
    absent = {key.partition(".")[0] for key in result.missing_keys}
    lacking = [k for k in result.missing_keys if k.partition(".")[0] not in missing]
    if lacking or result.unexpected_keys:
        odd = (lacking + result.unexpected_keys)[0]
        raise InputError(f"the weights in {folder} do not fit the model: {odd}; train it again")
    return absent
