"""One bundle for all tests that only look at it, and copies for those that damage it."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bundle.made import bundle


@pytest.fixture(scope="session")
def packed(tmp_path_factory) -> tuple[Path, str]:
    """Folder and digest; not to be changed."""
    return bundle(tmp_path_factory.mktemp("packed"))


@pytest.fixture
def copied(packed, tmp_path) -> Path:
    return shutil.copytree(packed[0], tmp_path / "copied")


@pytest.fixture
def changed(copied) -> Callable[[Callable[[dict], None]], Path]:
    """The copy, after its manifest was changed."""

    def change(how: Callable[[dict], None]) -> Path:
        path = copied / "manifest.json"
        content = json.loads(path.read_text())
        how(content)
        path.write_text(json.dumps(content))
        return copied

    return change


@pytest.fixture(autouse=True)
def path_as_it_was() -> Iterator[None]:
    """A verifier that runs in this process looks for code in its bundle; whoever comes later, and
    the processes that it starts, must not."""
    before = sys.path[:]
    yield
    sys.path[:] = before
