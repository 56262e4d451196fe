"""A tiny bundle, opened once, and a folder of pictures of which its answers are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivfgrade.prediction.opened import Opened, open_bundle
from tests.bundle.made import bundle, picture


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("bundle"))[0]


@pytest.fixture(scope="session")
def opened(packed: Path) -> Opened:
    return open_bundle(packed, "cpu")


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Six pictures in two folders, of the same names in each."""
    for week in (1, 2):
        for number in range(3):
            picture(tmp_path / f"album/week{week}/p{number}.png", 30 * week + 10 * number)
    return tmp_path / "album"
