"""The whole table once more with other values, in a checkout of its own: another training seed,
another fifth of the patients, longer trainings. What it leaves is a folder of predictions.

Several trials may run at once, on several GPUs or machines; they share DVC's cache, so a stage that
two of them have in common runs once. A trial that was interrupted goes on when asked for again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from ivfgrade.atomic import replaced, write_text
from ivfgrade.comparison.files import require_can_be_kept
from ivfgrade.comparison.fits import require_fits_study
from ivfgrade.errors import InputError
from ivfgrade.inputs import PARAMS, lookup
from ivfgrade.params import Params, parse_params
from ivfgrade.provenance import dirty
from ivfgrade.tracking import store

TRIALS, RESULTS = Path(".work/trials"), "results"
SYNTHETIC = "data/raw/synthetic"  # an output of the pipeline
CODE = ("src", "pipeline", "experiments", "grading")
TARGETS = ("track", "experiments/dvc.yaml")  # the main line up to its row, and the table
LOCKS = ("dvc.lock", "experiments/dvc.lock")
KEPT = {"texture": "reports/texture", "focus": "reports/focus", "provenance": "reports/provenance"}


@dataclass(frozen=True)
class TrialRun:
    root: Path  # the project
    home: Path  # where the predictions go, below the project's results/
    values: Mapping[str, Any]  # dotted name in params.yaml -> what it is in this trial
    rows: Sequence[str]  # of the table; none: all

    def __post_init__(self) -> None:
        if len(self.home.parts) != 3 or self.home.parts[0] != RESULTS or ".." in self.home.parts:
            raise InputError(
                f"{self.home} must be {RESULTS}/<study>/<trial>, seen from the project"
            )

    @property
    def checkout(self) -> Path:
        return self.root / TRIALS / Path(*self.home.parts[1:])


def run_trial(trial: TrialRun) -> None:
    text = changed_params(trial)
    params = parse_params(text, PARAMS)  # says what is wrong before hours are spent
    require_can_be_kept(params.experiments.models)
    require_home(trial, text, params)
    prepare(trial, text)
    require_data(trial, params)
    environment = _environment(trial, params)
    for target in TARGETS:
        _run(["-m", "dvc", "repro", target], trial, environment)
    options = [part for name, path in KEPT.items() for part in (f"--{name}", path)]
    kept = (trial.root / trial.home).resolve().as_posix()
    _run(
        ["-m", "ivfgrade.comparison.collect", "reports/experiments", kept, *options],
        trial,
        environment,
    )


def changed_params(trial: TrialRun) -> str:
    """params.yaml with the trial's values; comments and order stay."""
    yaml = YAML()
    yaml.width = 4096
    content = _read(yaml, trial.root / PARAMS)
    for name, value in trial.values.items():
        lookup(content, name)  # an unknown name is an error
        *path, last = name.split(".")
        node = lookup(content, ".".join(path)) if path else content
        node[last] = value
    if trial.rows:
        _keep(content["experiments"], trial.rows)
        unknown = sorted(set(trial.rows) - set(content["experiments"]["models"]))
        if unknown:
            raise InputError(f"{PARAMS}: experiments.models has no row {', '.join(unknown)}")
    buffer = StringIO()
    yaml.dump(content, buffer)
    return buffer.getvalue()


def _read(yaml: YAML, path: Path) -> CommentedMap:
    try:
        return yaml.load(path.read_text())
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}): run this in the project"
        ) from error
    except YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {str(error).splitlines()[0]}") from error


def _keep(experiments: CommentedMap, rows: Sequence[str]) -> None:
    for name, table in experiments.items():
        experiments.ca.items.pop(name, None)  # a comment before an empty table would break the file
        experiments[name] = {row: value for row, value in table.items() if row in rows}


def prepare(trial: TrialRun, text: str) -> None:
    """A clone of the commit that is checked out, with the trial's values; or the one of before."""
    params = trial.checkout / PARAMS
    if params.exists():
        if params.read_text() != text or _commit(trial.checkout) != _commit(trial.root):
            raise InputError(
                f"{trial.checkout} holds a trial of other values or another commit; remove it to "
                f"begin anew, or name another folder than {trial.home}"
            )
        return
    if not (trial.root / ".git").exists():
        raise InputError("a trial runs in a clone of the project, and this folder is no git clone")
    if dirty() or _git(trial.root, "ls-files", "--others", "--exclude-standard", "--", *CODE):
        raise InputError("code that is not committed would not be in the trial; commit it first")
    with replaced(trial.checkout) as partial:  # a kill leaves no half of it
        _git(trial.root, "clone", "--quiet", ".", partial.resolve().as_posix())
        for lock in LOCKS:  # newer than the committed ones, if a pipeline has run here
            if (trial.root / lock).exists():
                shutil.copyfile(trial.root / lock, partial / lock)
        cache = (trial.root / ".dvc/cache").resolve().as_posix()
        write_text(partial / ".dvc/config.local", f'[cache]\n    dir = "{cache}"\n')
        write_text(partial / PARAMS, text)
    # what another trial or the project has made; what is nowhere is made by its stage
    checkout = [sys.executable, "-m", "dvc", "checkout", "--quiet", "--allow-missing"]
    subprocess.run(checkout, cwd=trial.checkout, check=False)


def require_home(trial: TrialRun, text: str, params: Params) -> None:
    """What is kept there already may only be made again, and what is new must fit the study."""
    home = trial.root / trial.home
    kept = home / PARAMS
    if not home.exists():
        require_fits_study(home.parent, text, params.training_seed, params.split.fold)
    elif not (kept.exists() and kept.read_text() == text):
        raise InputError(f"{trial.home} keeps something else; name another folder, or remove it")


def require_data(trial: TrialRun, params: Params) -> None:
    """A clone holds what git or DVC keep, and the first stage makes the synthetic embryos."""
    data = trial.checkout / params.data.root
    if params.data.root != SYNTHETIC and not data.exists():
        raise InputError(
            f"{params.data.root} is not in the trial's clone: run `dvc add {params.data.root}` and "
            f"commit the file that it writes, then remove {trial.checkout} and try again"
        )


def _environment(trial: TrialRun, params: Params) -> dict[str, str]:
    """This interpreter, the clone's code, and the project's own MLflow if no other is named."""
    source = (trial.checkout / "src").resolve()
    path = [Path(sys.executable).parent.as_posix(), os.environ.get("PATH", "")]
    found = {**os.environ, "PATH": os.pathsep.join(path), "PYTHONPATH": source.as_posix()}
    try:
        client = store.connect(trial.root, store.BRIEF)
        store.experiment_id(client, trial.root, params.track.experiment, {})
        found["MLFLOW_TRACKING_URI"] = store.tracking_uri(trial.root)
    except store.Unreachable as error:
        print(f"MLflow cannot be reached ({error}): the runs stay in {trial.checkout}")
    return found


def _run(arguments: Sequence[str], trial: TrialRun, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=trial.checkout, env=environment, check=False
    )
    if done.returncode:
        raise InputError(
            f"{' '.join(arguments[1:])} failed in {trial.checkout}, see above; "
            "the same command goes on from there"
        )


def _commit(folder: Path) -> str:
    return _git(folder, "rev-parse", "HEAD")


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise InputError("a trial needs git, which is not installed") from None
    if done.returncode:
        raise InputError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()
