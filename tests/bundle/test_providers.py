"""What is told of providers is what happened."""

import numpy as np
import onnx

from ivfgrade.bundle import providers
from ivfgrade.bundle.session import CPU, CUDA, open_graph
from tests.bundle.made import graph

PICTURE = np.full((20, 30, 3), 90, np.uint8)


def on_cpu(model: bytes, device: str):  # type: ignore[no-untyped-def]
    """Where a GPU is, as where none is."""
    assert device in ("cpu", "cuda")
    return open_graph(model, "cpu")


def test_what_runs_is_told_with_what_it_changes(monkeypatch):
    monkeypatch.setattr(providers, "open_graph", on_cpu)
    monkeypatch.setattr(providers, "has_gpu", lambda: True)
    assert providers.tried(graph(), PICTURE) == {
        CPU: "runs",
        CUDA: "runs; its ratio differs from the CPU's by 0",
    }


def test_what_is_not_there_and_what_fails_is_told(monkeypatch):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: [CPU])
    assert providers.tried(graph(), PICTURE)[CUDA].startswith("not tried: no NVIDIA driver")
    model = onnx.load_from_string(graph())
    model.graph.node[0].op_type = "NoSuchOperator"
    assert providers.tried(model.SerializeToString(), PICTURE)[CPU].startswith("failed: ")


def test_an_error_without_words_is_told_by_its_kind(monkeypatch):
    def silent(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(providers, "open_graph", silent)
    assert providers.tried(b"", PICTURE)[CPU] == "failed: RuntimeError"
