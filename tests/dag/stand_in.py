"""The project in small: the real pipelines, with commands that only digest their inputs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ivfgrade.inputs import PIPELINES
from tests.dag.graph import PROJECT, load

COMMAND = """
import hashlib, sys
from pathlib import Path
split = sys.argv.index("--")
inputs, outputs = sys.argv[1:split], sys.argv[split + 1 :]
if Path(inputs[0]).read_text().endswith("REFUSE"):  # the stage's script
    sys.exit(1)
digest = hashlib.sha256(Path("params.yaml").read_bytes())
for name in inputs:
    path = Path(name)
    for file in sorted(p for p in [path, *path.rglob("*")] if p.is_file()):
        digest.update(file.read_bytes())
for name in outputs:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(digest.hexdigest() + name)
"""


def stand_in(root: Path) -> Path:
    for folder in ("pipeline", "src", "grading"):
        ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(PROJECT / folder, root / folder, ignore=ignore)
    for file in (".dvcignore", "LICENSE", "params.yaml"):
        shutil.copy(PROJECT / file, root / file)
    (root / "README.md").write_text("read me")
    (root / "digest.py").write_text(COMMAND)
    contents = {name: deepcopy(load(name)) for name in PIPELINES}
    stages = [s.get("do", s) for c in contents.values() for s in c["stages"].values()]
    wanted = [dep for stage in stages for dep in stage["deps"]]
    for stage in stages:
        stage["cmd"] = digest_command(stage, wanted)
    for name, content in contents.items():
        for section in ("metrics", "plots"):
            content.pop(section, None)
        (root / name).parent.mkdir(exist_ok=True)
        with (root / name).open("w") as file:
            YAML().dump(content, file)
    dvc(root, "init", "--no-scm", "-q")
    shutil.copy(PROJECT / ".dvc/config", root / ".dvc/config")
    dvc(root, "config", "core.no_scm", "true")
    return root


def digest_command(stage: Mapping[str, Any], wanted: list[str]) -> str:
    """Writes every output; of a folder the files that other stages name, and one more."""
    outs = [entry if isinstance(entry, str) else next(iter(entry)) for entry in stage["outs"]]
    files = [
        name
        for out in outs
        for name in (
            [out]
            if Path(out).suffix
            else [f"{out}/content", *(w for w in wanted if w.startswith(f"{out}/"))]
        )
    ]
    return f"python digest.py {' '.join(stage['deps'])} -- {' '.join(files)}"


def dvc(root: Path, *arguments: str) -> str:
    done = run_dvc(root, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_dvc(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dvc", *arguments]
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {"PATH": path, "DVC_NO_ANALYTICS": "true", "HOME": str(root)}
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
