"""A model on disk is its weights and the spec that rebuilds it; nothing in it is unpickled."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from ivfgrade.atomic import read_json, write_bytes, write_json
from ivfgrade.errors import InputError

WEIGHTS, SPEC = "weights.pt", "spec.json"
HISTORY = "history.csv"  # beside them: one line per epoch


def save_model(folder: Path, weights: dict[str, torch.Tensor], spec: dict[str, Any]) -> None:
    save_tensors(folder / WEIGHTS, {name: tensor.cpu() for name, tensor in weights.items()})
    write_json(folder / SPEC, spec)


def load_spec(folder: Path) -> dict[str, Any]:
    return read_json(folder / SPEC)


def load_weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_tensors(folder / WEIGHTS)


def save_tensors(path: Path, content: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes(path, buffer.getbuffer())


def load_tensors(path: Path) -> dict[str, Any]:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; train the model first") from error
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error) or "it is empty").splitlines()[0]
        raise InputError(f"{path} is not a readable checkpoint ({reason}); delete it") from error
