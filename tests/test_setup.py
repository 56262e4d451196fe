"""The two commands of the README: what they promise before they install anything."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

PROJECT = Path(__file__).resolve().parents[1]
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "download.pytorch" + ".org")

in_git = pytest.mark.skipif(
    not (PROJECT / ".git").exists() or shutil.which("git") is None,
    reason="a download has no history to ask",
)


def run(*command: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def pins() -> dict[str, str]:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    matches = [re.fullmatch(r"([\w.-]+)(={2,3})([\w.!+-]+)( ;.*)?", line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if not match]
    return {match[1]: match[2] for match in matches if match}


def test_every_requirement_is_pinned_and_the_direct_ones_are_there() -> None:
    text = (PROJECT / "pyproject.toml").read_text()
    direct = re.findall(r'^    "([\w.-]+)(?:[><=].*)?",$', text, flags=re.MULTILINE)
    assert "torch" in direct
    assert {name.replace(".", "-") for name in direct} <= set(pins())
    assert "setuptools" in pins()  # builds the package without a download of its own


def test_torch_is_pinned_against_local_builds() -> None:
    """`==` also takes torch 2.x+cpu, which torchvision's own wheel cannot be loaded with."""
    exact = {name for name, sign in pins().items() if sign == "==="}
    assert exact == {"torch", "torchvision"}


@in_git
def test_no_file_names_a_registry() -> None:
    files = run("git", "ls-files", "-z").stdout.split("\0")
    found = {
        (name, host)
        for name in filter(None, files)
        if (PROJECT / name).is_file()
        for host in REGISTRIES
        if host.encode() in (PROJECT / name).read_bytes()
    }
    assert found == set()


@in_git
def test_git_ignores_what_the_pipeline_writes() -> None:
    stages = YAML(typ="safe").load((PROJECT / "dvc.yaml").read_text())["stages"].values()
    entries = [entry for stage in stages for entry in [*stage["outs"], *stage.get("metrics", [])]]
    outs = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
    others = [".venv/x", ".work/x", "mlruns/mlflow.db", ".dvc/tmp/x", ".dvc/cache/x"]
    for path in [*outs, *others]:
        assert run("git", "check-ignore", "-q", path).returncode == 0, path
    for path in ("dvc.lock", "params.yaml", "data/raw/mine.dvc"):
        assert run("git", "check-ignore", "-q", path).returncode == 1, path


def test_help_lists_the_targets() -> None:
    listed = set(re.findall(r"^  make ([\w-]+)", run("make", "help").stdout, flags=re.MULTILINE))
    assert {"repro", "test", "test-all", "ui", "fmt", "lint", "type"} <= listed


def test_the_ci_ends_with_the_test_command_of_the_readme() -> None:
    lines = (PROJECT / ".ci/run").read_text().strip().splitlines()
    assert lines[0].endswith("bash")
    assert "set -euo pipefail" in lines
    assert lines[-1] == "make test"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("exit 1", "needs Python 3.11 or newer"),
        ('case "$*" in *-m*) exit 1;; esac', "has no pip"),
    ],
)
def test_what_is_missing_is_said_in_one_line(bare: Path, script: str, complaint: str) -> None:
    python = bare / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    tools = bare / "bin"  # no uv here, whatever this machine has
    tools.mkdir()
    for tool in ("sh", "touch", "mv", "true"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    make = shutil.which("make") or "make"
    done = run(make, "env", f"PYTHON={python}", f"PATH={tools}", cwd=bare)
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode != 0
    assert len(said) == 1
    assert complaint in said[0]
    assert not (bare / ".venv").exists()
