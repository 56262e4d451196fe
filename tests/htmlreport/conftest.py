from pathlib import Path

import pytest

from ivfgrade.htmlreport.sources import Folders
from tests.htmlreport.drawn import write_study


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return write_study(tmp_path)
