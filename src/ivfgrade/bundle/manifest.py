"""manifest.json: all that a deployer has to know of a bundle, and all that our code reads of it.

Types here are the file's: what a reader in another language finds under the same names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ivfgrade.atomic import write_json
from ivfgrade.errors import InputError
from ivfgrade.strict import build

FILE = "manifest.json"
FORMAT = 1  # of this file


@dataclass(frozen=True)
class Port:
    """An input or output of the graph."""

    dtype: str
    shape: tuple[str, ...]  # names and numbers; a name is the same size wherever it stands
    means: str  # with its unit


@dataclass(frozen=True)
class Tolerance:
    """Within which a sample's answer may differ on another machine."""

    ratio: float
    mask_iou: float


@dataclass(frozen=True)
class Graph:
    """A variant of the network; one within the declared limits may stand in for another."""

    file: str
    precision: str  # fp32, fp16 or int8
    opset: int
    bytes: int
    promoted: bool  # it may be used: its losses lie within the limits
    why: str  # it may not; empty where it may
    measured: Mapping[str, Any]  # latency_ms, and losses against fp32
    tolerance: Tolerance | None = None  # of its samples, where it is not the bundle's


@dataclass(frozen=True)
class Refusal:
    """A reason to give no number: a measure of the picture on the wrong side of a limit."""

    code: str
    measure: str
    side: str  # above or below
    limit: float
    means: str


@dataclass(frozen=True)
class Scheme:
    id: str
    version: int
    grades: tuple[str, ...]
    borders: tuple[float, ...]


@dataclass(frozen=True)
class Expected:
    """What one graph said of a sample where the bundle was made."""

    answer: Mapping[str, Any]  # its record
    fragment_mask: str
    embryo_mask: str


@dataclass(frozen=True)
class Sample:
    picture: str
    expected: Mapping[str, Expected]  # by the graph's file, for each that is promoted


@dataclass(frozen=True)
class Manifest:
    format: int
    name: str
    strategy: str  # single: one network for outlines and ratio; dual: one for each
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    graphs: tuple[Graph, ...]
    taken: str  # file of the graph that is used unless another is asked for
    size: int  # of the square that the network sees
    decoding: tuple[str, ...]  # how a file becomes the graph's input: rules, in order
    thresholds: Mapping[str, float]  # of probabilities, from which a pixel belongs to a mask
    scheme: Scheme
    interval: Mapping[str, Any]  # confidence, quantile, scale, and on how many it was fitted
    refusals: tuple[Refusal, ...]  # in the order of the graph's output `refused`
    domain: str  # on what all this was fitted and measured, and what it therefore does not promise
    metrics: Mapping[str, Any]  # with intervals
    made_from: Mapping[str, Any]  # digests of data and inputs, seeds, profile and recipe
    samples: tuple[Sample, ...]
    tolerance: Tolerance
    providers: Mapping[str, str] = field(default_factory=dict)  # tried: what came of each
    limitations: tuple[str, ...] = ()  # known failures, a sentence each
    licence: str = "Apache-2.0"  # of graphs and code; the text is in LICENSE

    @property
    def promoted(self) -> tuple[Graph, ...]:
        return tuple(graph for graph in self.graphs if graph.promoted)

    def tolerance_of(self, graph: Graph) -> Tolerance:
        return graph.tolerance or self.tolerance


def write(folder: Path, manifest: Manifest) -> None:
    write_json(folder / FILE, asdict(manifest))


def read(folder: Path) -> Manifest:
    path = folder / FILE
    try:
        content = json.loads(
            path.read_text("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number
        )
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise InputError(f"{path} is of format {found}; this code reads {FORMAT}")
    return build(Manifest, content, str(path))


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values of one name, readers take different ones."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, _ in pairs if sum(other == name for other, _ in pairs) > 1)
        raise ValueError(f"{twice} is there twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
