"""A folder of its own that proves itself, and a byte that differs is named."""

import subprocess
import sys

import pytest

from ivfgrade.bundle import manifest, seal
from tests.bundle.made import bundle


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return bundle(tmp_path_factory.mktemp("packed"))


def test_the_verifier_in_the_bundle_passes_what_was_packed(packed):
    folder, digest = packed
    run = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), "--digest", digest],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert seal.check(folder, digest)  # it left nothing behind


def test_samples_hold_a_graded_and_a_refused_picture(packed):
    kinds = {one.answer["status"] for one in manifest.read(packed[0]).samples}
    assert kinds == {"graded", "refused"}
