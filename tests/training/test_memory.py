import re
import sys
from pathlib import Path

import pytest
import torch

from ivfgrade.training.memory import peak_memory_gb


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_peak_is_the_kernels_high_water_mark() -> None:
    found = peak_memory_gb(torch.device("cpu"))
    status = Path("/proc/self/status").read_text()
    high_water = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])  # type: ignore[index]
    assert found == pytest.approx(high_water * 1024 / 1e9, rel=0.01)
