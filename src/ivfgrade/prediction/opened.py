"""A bundle as it was handed over, with one of its graphs ready to answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import onnxruntime

from ivfgrade.bundle import checks, manifest, seal
from ivfgrade.bundle.contract import require_sound
from ivfgrade.bundle.manifest import Graph, Manifest
from ivfgrade.errors import InputError


@dataclass(frozen=True)
class Opened:
    manifest: Manifest
    graph: Graph
    session: onnxruntime.InferenceSession
    digest: str  # of the list of its files: names the bundle

    @property
    def told(self) -> str:
        provider = self.session.get_providers()[0]
        return f"{self.manifest.name}: {self.graph.file} ({self.graph.precision}) on {provider}"


def open_bundle(
    folder: Path, device: str = "auto", precision: str | None = None, digest: str | None = None
) -> Opened:
    """Nothing of it is used before every file was found to be the one that was sealed."""
    names = seal.require_unbroken(folder, digest)
    described = manifest.read(folder)
    try:
        require_sound(described, names)
        graph = graph_of(described, precision)
        session = checks.opened(folder, described, graph, device)
    except InputError as error:
        raise InputError(f"{folder}: {error}") from error
    return Opened(described, graph, session, seal.digest_of(folder))


def graph_of(described: Manifest, precision: str | None) -> Graph:
    """The one that is taken, or the first of a precision that may be used."""
    if precision is None:
        return next(graph for graph in described.graphs if graph.file == described.taken)
    there = [graph for graph in described.graphs if graph.precision == precision]
    for graph in there:
        if graph.promoted:
            return graph
    why = f"must not be used: {there[0].why}" if there else "is not in it"
    usable = ", ".join(graph.precision for graph in described.graphs if graph.promoted)
    raise InputError(f"the bundle's graph {precision} {why}; it has {usable}")
