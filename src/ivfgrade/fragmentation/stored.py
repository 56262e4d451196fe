"""A trained network in its folder: weights, and the spec from which they are rebuilt."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.model import AttnRegDeepLab, build
from ivfgrade.fragmentation.spec import ModelSpec
from ivfgrade.strict import build as build_strictly
from ivfgrade.training.checkpoints import load_spec, load_weights, save_model


def store(folder: Path, weights: dict[str, Tensor], spec: ModelSpec, **facts: Any) -> None:
    save_model(folder, weights, {"model": asdict(spec), **facts})


def load(folder: Path) -> tuple[AttnRegDeepLab, ModelSpec]:
    """The network in eval mode."""
    spec = build_strictly(ModelSpec, load_spec(folder).get("model"), f"{folder}: model")
    model = build(spec)
    load_into(model, folder, missing=())
    return model.eval(), spec


def load_into(model: AttnRegDeepLab, folder: Path, missing: tuple[str, ...]) -> None:
    """Load weights; the parts named in `missing` may be absent, nothing else may differ."""
    result = model.load_state_dict(load_weights(folder), strict=False)
    lacking = [k for k in result.missing_keys if k.partition(".")[0] not in missing]
    if lacking or result.unexpected_keys:
        odd = (lacking + result.unexpected_keys)[0]
        raise InputError(f"the weights in {folder} do not fit the model: {odd}; train it again")
