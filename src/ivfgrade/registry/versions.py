"""The versions of the registered model, each with the bundle that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ivfgrade.bundle import manifest, seal
from ivfgrade.bundle.manifest import Manifest
from ivfgrade.errors import InputError

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "ivfgrade"
CANDIDATE, CHAMPION = "candidate", "champion"
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # a name that none can have
DIGEST = "ivfgrade.bundle"  # of the bundle's SHA256SUMS


@dataclass(frozen=True)
class Version:
    number: int
    digest: str
    aliases: tuple[str, ...]


def versions(client: MlflowClient, name: str) -> list[Version]:
    """The latest first; none where there is no such model."""
    from mlflow.exceptions import MlflowException

    try:
        aliases = client.get_registered_model(name).aliases
    except MlflowException as error:
        if error.error_code in ABSENT:
            return []
        raise
    found = client.search_model_versions(f"name = '{name}'", max_results=1000)
    return sorted(
        (
            Version(
                int(one.version),
                one.tags.get(DIGEST, ""),
                tuple(
                    sorted(alias for alias, of in aliases.items() if int(of) == int(one.version))
                ),
            )
            for one in found
        ),
        key=lambda version: -version.number,
    )


def with_alias(client: MlflowClient, name: str, alias: str) -> Version | None:
    return next((one for one in versions(client, name) if alias in one.aliases), None)


def bundle_of(name: str, version: Version) -> Manifest:
    """Fetched, and found to be what was registered."""
    from mlflow.artifacts import download_artifacts
    from mlflow.models import Model

    with TemporaryDirectory() as scratch:
        folder = download_artifacts(f"models:/{name}/{version.number}", dst_path=scratch)
        artifacts = Model.load(folder).flavors["python_function"]["artifacts"]
        bundle = Path(folder) / artifacts["bundle"]["path"]
        try:
            seal.check(bundle, version.digest)
        except seal.BrokenSeal as error:
            raise InputError(f"version {version.number} of {name} is broken: {error}") from error
        return manifest.read(bundle)
