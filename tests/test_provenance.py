"""What a stage remembers of the commit it ran from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ivfgrade.provenance import dirty


def test_what_is_on_record_elsewhere_does_not_make_a_clone_dirty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("dvc.lock", "params.yaml", "code.py"):
        (tmp_path / name).write_text("1\n")
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], check=True)
    assert not dirty()
    (tmp_path / "dvc.lock").write_text("2\n")
    assert not dirty()
    (tmp_path / "params.yaml").write_text("2\n")
    assert not dirty()
    (tmp_path / "code.py").write_text("2\n")
    assert dirty()
