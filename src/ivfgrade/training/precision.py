"""Where and in which number format the network runs, settled once per run and recorded."""

from __future__ import annotations

import contextlib
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from ivfgrade.errors import InputError

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True)
class Compute:
    device: torch.device
    dtype: torch.dtype

    @property
    def name(self) -> str:
        return {torch.bfloat16: "bf16", torch.float32: "fp32"}[self.dtype]

    def place(self, model: Model) -> Model:
        """On the device, in the memory layout in which convolutions are fastest."""
        return model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def autocast(self) -> contextlib.AbstractContextManager:
        """bf16 for what gains by it; parameters, norms' statistics and losses stay fp32."""
        if self.dtype is torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.dtype)


def resolve(device: str, precision: str) -> Compute:
    """`auto` takes the GPU if there is one, and bf16 where the processor multiplies it natively."""
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device is cuda but PyTorch sees no GPU; set device to auto or cpu")
    chosen = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    if precision == "auto":
        precision = "bf16" if _has_bf16(chosen) else "fp32"
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[precision]
    return Compute(torch.device(chosen), dtype)


def _has_bf16(device: str) -> bool:
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if platform.system() != "Linux":
        return False
    flags = Path("/proc/cpuinfo").read_text().split()
    return "avx512_bf16" in flags or "amx_bf16" in flags
