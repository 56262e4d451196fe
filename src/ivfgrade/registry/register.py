"""A bundle becomes a version of the registered model, and its latest candidate."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivfgrade.bundle import seal
from ivfgrade.bundle.manifest import Manifest
from ivfgrade.errors import InputError
from ivfgrade.prediction.opened import open_bundle
from ivfgrade.registry.described import example, flat, numbers, requirements, signature
from ivfgrade.registry.versions import CANDIDATE, DIGEST, versions
from ivfgrade.tracking import runs, store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

SERVED = Path(__file__).with_name("served.py")
EXPERIMENT = "bundles"
ABOUT = "One run for each bundle: what was measured on it, and the model that it is served as."


def register(client: MlflowClient, root: Path, folder: Path, name: str, digest: str | None) -> int:
    """Its version, which is made unless this very bundle has one."""
    own = checked(folder, digest)
    known = [one.number for one in versions(client, name) if one.digest == own]
    number = known[0] if known else _made(client, root, folder, name, own)
    client.set_registered_model_alias(name, CANDIDATE, str(number))
    return number


def checked(folder: Path, digest: str | None) -> str:
    """The digest that names the bundle, after no file was found changed."""
    seal.require_unbroken(folder, digest)
    return seal.digest_of(folder)


def _made(client: MlflowClient, root: Path, folder: Path, name: str, digest: str) -> int:
    import mlflow

    content = open_bundle(folder, "cpu").manifest
    experiment = store.experiment_id(client, root, EXPERIMENT, {"mlflow.note.content": ABOUT})
    run = _described(client, experiment, content, digest)
    with mlflow.start_run(run.info.run_id):  # it copies the run's metrics to the model's page
        logged = mlflow.pyfunc.log_model(
            name="bundle",
            python_model=str(SERVED),
            artifacts={"bundle": str(folder)},
            model_config={"digest": digest},
            signature=signature(),
            input_example=example(folder, content),
            pip_requirements=requirements(folder),
        )
    require_answers(logged.model_uri, folder, content)
    made = mlflow.register_model(logged.model_uri, name, tags={DIGEST: digest})
    client.update_model_version(name, made.version, description=content.domain)
    return int(made.version)


def _described(client: MlflowClient, experiment: str, content: Manifest, digest: str) -> Run:
    now = int(1000 * time.time())
    run = runs.find_or_create(client, experiment, digest, f"{content.name} {digest[:12]}", now)
    params = {**dict(flat(content.made_from)), "strategy": content.strategy, "taken": content.taken}
    runs.add_params(client, run, params)
    points = [runs.Point(one, value, 0, now) for one, value in numbers(content.metrics).items()]
    runs.add_metrics(client, run, points)
    runs.set_tags(client, run.info.run_id, {DIGEST: digest})
    return run


def require_answers(uri: str, folder: Path, content: Manifest) -> None:
    """Loaded as it will be used, the model says of each sample what the bundle says."""
    import mlflow
    import pandas as pd

    pictures = [(folder / one.picture).read_bytes() for one in content.samples]
    images = [base64.b64encode(picture).decode() for picture in pictures]
    answers = mlflow.pyfunc.load_model(uri).predict(pd.DataFrame({"image": images}))
    for sample, found in zip(content.samples, answers, strict=True):
        for key, expected in sample.expected[content.taken].answer.items():
            if not _same(found[key], expected, content.tolerance.ratio):
                raise InputError(
                    f"{folder} is not registered: of {sample.picture} the model says {key} "
                    f"{found[key]}, expected is {expected}; run its verify.py"
                )


def _same(found: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(found, float) and isinstance(expected, float):
        return abs(found - expected) <= tolerance
    return bool(found == expected)
