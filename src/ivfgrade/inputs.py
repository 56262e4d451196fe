"""What a stage was run on: a fingerprint of its inputs, a place to resume from, a guard at the end.

DVC hashes dependencies after the command has ended, so an edit made while a stage runs would be
recorded as if it had produced the result (treeverse/dvc#11058). A stage therefore hashes its
inputs, as dvc.yaml declares them, at its start, and refuses to finish when they differ at the end.
The same fingerprint names the folder it resumes from and the MLflow run it logs to.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import re
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivfgrade.errors import InputError
from ivfgrade.provenance import Provenance

# run in the folder that holds the first
PIPELINES = ("dvc.yaml", "experiments/dvc.yaml", "assay/dvc.yaml", "dual/dvc.yaml")
PARAMS, WORK = "params.yaml", ".work"


class StageRun:
    """One run of a stage: `key` is the fingerprint of its inputs, `work` survives a kill."""

    def __init__(self, stage: str, inputs: Mapping[str, str]) -> None:
        self.stage, self.inputs, self.key = stage, inputs, _digest(inputs)
        self.work = Path(WORK) / f"{stage}-{self.key[:16]}"
        self.notes: dict[str, Any] = {}

    def note(self, **facts: Any) -> None:
        """Facts for the provenance file that are known only while the stage runs."""
        self.notes.update(facts)

    def require_unedited(self) -> None:
        """For a stage that replaces its last good output, before it does; the guard asks again."""
        now = stage_inputs(self.stage)
        edited = sorted(k for k in {*self.inputs, *now} if self.inputs.get(k) != now.get(k))
        if edited:
            raise InputError(
                f"{', '.join(edited)} changed while stage {self.stage} ran, "
                f"so its result is not recorded; run it again"
            )


@contextmanager
def guarded(stage: str, provenance: Path | None = None) -> Iterator[StageRun]:
    """Run the body of `stage`; an edit of its inputs meanwhile turns success into an error."""
    _die_with_parent()
    root = Path(WORK)
    root.mkdir(exist_ok=True)
    with _only_run(root / f"{stage}.lock", stage):
        run = StageRun(stage, stage_inputs(stage))
        for leftover in root.glob(f"{stage}-*"):
            if leftover != run.work:  # of other inputs: nothing can resume from it any more
                shutil.rmtree(leftover)
        run.work.mkdir(exist_ok=True)
        record = Provenance(stage, run.key)
        yield run
        run.require_unedited()
        if provenance is not None:
            record.write(provenance, run.notes)
        shutil.rmtree(run.work)


def stage_inputs(stage: str) -> dict[str, str]:
    """Name -> content hash of every dependency and parameter that a dvc.yaml declares for it."""
    params = _read_yaml(Path(PARAMS))
    declared = declaration(stage, Path(), params)
    inputs = {"cmd": declared["cmd"]}
    for path in declared.get("deps", []):
        inputs[path] = hash_path(Path(path))
    for name in declared.get("params", []):
        value = lookup(params, name)
        inputs[f"{PARAMS}:{name}"] = json.dumps(value, sort_keys=True)
    return inputs


def declaration(stage: str, root: Path, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the pipelines below `root` say of a stage, filled in; `learn@C` is row C of `learn`."""
    name, _, row = stage.partition("@")
    for pipeline in (root / file for file in PIPELINES if (root / file).exists()):
        content = _read_yaml(pipeline)
        template = content["stages"].get(name)
        if template is not None:
            known = {**params, **_own_values(content)}
            if "foreach" not in template:
                return interpolate(template, known)
            rows = _rows(template["foreach"], known)
            if row not in rows:
                raise InputError(f"{pipeline}: stage {name} has no row {row!r}: {', '.join(rows)}")
            return interpolate(template["do"], {**known, "key": row, "item": rows[row]})
    raise InputError(f"no stage {name} in {', '.join(PIPELINES)}")


def _own_values(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """What a dvc.yaml defines itself; the strings among its `vars` name files of parameters."""
    return {
        k: v for part in pipeline.get("vars", []) if isinstance(part, dict) for k, v in part.items()
    }


def _rows(table: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a stage that is repeated for each key of `${table}`."""
    return lookup(known, table.removeprefix("${").removesuffix("}"))


def lookup(params: Mapping[str, Any], dotted: str) -> Any:
    value: Any = params
    for part in dotted.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise InputError(f"{PARAMS} has no key {dotted}")
        value = value[part]
    return value


def interpolate(node: Any, params: Mapping[str, Any]) -> Any:
    """Fill in DVC's `${key}` the way DVC does for plain values."""
    if isinstance(node, Mapping):
        return {key: interpolate(value, params) for key, value in node.items()}
    if isinstance(node, list):
        return [interpolate(value, params) for value in node]
    if isinstance(node, str):
        return re.sub(r"\$\{([\w.]+)\}", lambda match: str(lookup(params, match[1])), node)
    return node


def hash_path(path: Path) -> str:
    """SHA-256 over the bytes of a file, or over the names and bytes of all files in a folder."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if not path.is_dir():
        raise InputError(f"{path} is missing; run the stage that makes it, or dvc repro")
    files = sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return _digest({p.relative_to(path).as_posix(): hash_path(p) for p in files})


def _digest(content: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        return YAML(typ="safe").load(path.read_text())
    except OSError as error:
        raise InputError(f"{path} cannot be read here: {error.strerror}") from error
    except YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {str(error).splitlines()[0]}") from error


@contextmanager
def _only_run(lock: Path, stage: str) -> Iterator[TextIO]:
    """Two runs of one stage in one checkout would write the same files."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"stage {stage} is already running in this checkout") from None
        yield file


def _die_with_parent() -> None:
    """DVC, killed, would leave its child training; the kernel then ends the child as well."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
