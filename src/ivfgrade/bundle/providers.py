"""What of ONNX Runtime can run a graph here, tried and not assumed: the manifest tells it."""

from __future__ import annotations

import numpy as np

from ivfgrade.bundle.session import CPU, CUDA, first_line, has_gpu, open_graph

DEVICES = {"cpu": CPU, "cuda": CUDA}


def tried(model: bytes, pixels: np.ndarray) -> dict[str, str]:
    """In words by provider, from one picture [H,W,3]."""
    came, by_cpu = {}, float("nan")
    for device, provider in DEVICES.items():
        if device == "cuda" and not has_gpu():
            came[provider] = "not tried: no NVIDIA driver here, or an ONNX Runtime without CUDA"
            continue
        try:
            session = open_graph(model, device)
            (ratio,) = session.run(["ratio"], {"pixels": pixels[None]})[0]
        except Exception as error:  # each provider has errors of its own
            came[provider] = f"failed: {first_line(error)}"
            continue
        if device == "cpu":
            by_cpu, came[provider] = float(ratio), "runs"
        else:
            came[provider] = f"runs; its ratio differs from the CPU's by {abs(ratio - by_cpu):.1g}"
    return came
