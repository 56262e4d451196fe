"""Memory of a long run, measured from outside in a process of its own."""

import subprocess
import sys

import pytest

from tests.bundle.made import picture

MEASURE = """
import resource, sys
from pathlib import Path
from ivfgrade.prediction import run
from ivfgrade.prediction.inputs import files_meant
from ivfgrade.prediction.opened import open_bundle
from ivfgrade.prediction.record import Writing

def now():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20

bundle, pictures, out = map(Path, sys.argv[1:])
seen, original = [], run.Journal.append
run.Journal.append = lambda *given: (original(*given), seen.append(now()))
run.predict(open_bundle(bundle, "cpu"), files_meant([str(pictures)], out), Writing(out, True, 0.5))
print(max(seen[50:100]), max(seen[-50:]))
"""


@pytest.mark.slow
def test_memory_stays_flat_over_300_pictures(packed, tmp_path):
    """A decoded picture is 0.6 MB: kept ones would add 120 MB from the early to the late."""
    first = picture(tmp_path / "in/0.png", 90, 400, 500)
    for number in range(1, 300):
        (tmp_path / f"in/{number}.png").symlink_to(first)
    found = subprocess.run(
        [sys.executable, "-c", MEASURE, packed, tmp_path / "in", tmp_path / "out"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    early, late = map(float, found.stdout.split())
    assert late - early < 15
