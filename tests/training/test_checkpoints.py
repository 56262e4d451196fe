from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from ivfgrade.errors import InputError
from ivfgrade.training.checkpoints import load_spec, load_weights, save_model


def test_weights_and_spec_come_back_exactly(tmp_path: Path) -> None:
    weights = {"w": torch.randn(3, 2), "n": torch.tensor(7), "h": torch.randn(2).bfloat16()}
    save_model(tmp_path / "model", weights, {"model": {"gate": "none"}})
    loaded = load_weights(tmp_path / "model")
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)
    assert load_spec(tmp_path / "model") == {"model": {"gate": "none"}}


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps({"w": Path("x")}, protocol=2)])
def test_a_damaged_or_pickled_checkpoint_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights.pt").write_bytes(content)
    with pytest.raises(InputError, match=r"weights\.pt is not a readable checkpoint"):
        load_weights(tmp_path)


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="train the model first"):
        load_weights(tmp_path)
