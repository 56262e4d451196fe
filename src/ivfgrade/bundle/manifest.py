"""manifest.json: all that a deployer has to know of a bundle, and all that our code reads of it.

Types here are the file's: what a reader in another language finds under the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ivfgrade.atomic import read_json, write_json
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
class Graph:
    """A variant of the network; one within the declared limits may stand in for another."""

    file: str
    precision: str  # fp32, fp16 or int8
    opset: int
    bytes: int
    promoted: bool  # it may be used: its losses lie within the limits
    why: str  # it may not; empty where it may
    measured: Mapping[str, Any]  # latency and losses, with the machine


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
class Sample:
    picture: str
    fragment_mask: str
    embryo_mask: str
    answer: Mapping[str, Any]  # its record


@dataclass(frozen=True)
class Tolerance:
    """Within which a sample's answer may differ on another machine."""

    ratio: float
    mask_iou: float


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
    interval: Mapping[str, Any]  # confidence, rule, its numbers, what it was fitted on
    refusals: tuple[Refusal, ...]  # in the order of the graph's output `refused`
    domain: str  # on what all this was fitted and measured, and what it therefore does not promise
    metrics: Mapping[str, Any]  # with intervals
    made_from: Mapping[str, Any]  # commit, digests of data and code, row and seed of the network
    samples: tuple[Sample, ...]
    tolerance: Tolerance


def write(folder: Path, manifest: Manifest) -> None:
    write_json(folder / FILE, asdict(manifest))


def read(folder: Path) -> Manifest:
    return build(Manifest, read_json(folder / FILE), str(folder / FILE))
