"""How much memory a run needed at most."""

from __future__ import annotations

import resource
import sys

import torch

RESIDENT_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes; the kernels disagree


def peak_memory_gb(device: torch.device) -> float:
    """In 10^9 bytes, since the process began: what was claimed from a GPU; else all that was
    resident, libraries and mapped files included."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RESIDENT_UNIT / 1e9
