"""When, where and with what a stage ran. Only tracking reads this; no result depends on it."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ivfgrade.atomic import write_json

PACKAGES = ("ivfgrade", "torch", "torchvision", "numpy", "pillow", "onnx", "onnxruntime-gpu")


class Provenance:
    def __init__(self, stage: str, key: str) -> None:
        self.stage, self.key = stage, key
        self.started = datetime.now(UTC)

    def write(self, path: Path, notes: dict[str, Any]) -> None:
        finished = datetime.now(UTC)
        facts = {
            "stage": self.stage,
            "key": self.key,
            "started": self.started.isoformat(),
            "finished": finished.isoformat(),
            "seconds": round((finished - self.started).total_seconds(), 1),
            "commit": _git("rev-parse", "HEAD"),
            "dirty": dirty(),
            "host": platform.node(),
            "platform": platform.platform(),
            "cpu": _cpu_name(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "packages": {name: _version(name) for name in PACKAGES},
        }
        write_json(path, {**facts, **notes})


def dirty() -> bool:
    """Whether tracked files differ from the commit, but for what is on record elsewhere: values are
    part of the stage's key and shown with its run, and dvc repro rewrites its locks."""
    recorded = [f":(top,exclude){file}" for file in ("params.yaml", "dvc.lock", "*/dvc.lock")]
    return bool(_git("status", "--porcelain", "--untracked-files=no", ":/", *recorded))


def _git(*arguments: str) -> str:
    """Empty without git or outside a repository: a download must run too."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def machine() -> str:
    """In a few words, for figures that depend on it."""
    return f"{os.cpu_count()} cores, {_cpu_name()}"


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
