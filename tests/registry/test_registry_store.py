"""A store that cannot be had is told in one line, and never taken for an empty one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivfgrade.cli import app


@pytest.mark.parametrize("uri", ["nonsense://x", "file:///nowhere"])
def test_a_store_that_is_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    result = CliRunner().invoke(app, ["registry", "list"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "cannot be had" in result.stderr.splitlines()[-1]
    assert "there is no model" not in result.stderr
