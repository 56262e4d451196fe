"""Is a bundle what it says it is? Its graph's contract, its samples' answers, its speed.

Needs onnxruntime, numpy and pillow alone: this file travels inside the bundle. That no file was
changed is asked before, by `seal`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime

from ivfgrade.bundle.answers import Answer, answers
from ivfgrade.bundle.manifest import Graph, Manifest, Port, Sample
from ivfgrade.bundle.session import open_graph
from ivfgrade.dataset.images import read_image
from ivfgrade.errors import InputError

REPEATS = 7  # of which the median latency is told, after one to warm up
DTYPES = {
    "tensor(uint8)": "uint8",
    "tensor(float)": "float32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}


def checked(folder: Path, manifest: Manifest) -> Iterator[str]:
    """A line for each thing that was found right; the first that is not ends it."""
    for graph in manifest.graphs:
        if graph.promoted:
            yield from _checked_graph(folder, manifest, graph)


def _checked_graph(folder: Path, manifest: Manifest, graph: Graph) -> Iterator[str]:
    session = open_graph(folder / graph.file, "cpu")
    require_contract(session, manifest, graph.file)
    yield f"{graph.file}: inputs and outputs are those of the manifest"
    for sample in manifest.samples:
        found = _answer(session, folder, sample, manifest)
        require_same(found, folder, sample, manifest, graph.file)
    yield f"{graph.file}: answers the {len(manifest.samples)} samples as it should"
    seconds = latency(session, read_image(folder / manifest.samples[0].picture))
    providers = ", ".join(session.get_providers())
    yield f"{graph.file}: {1000 * seconds:.0f} ms a picture ({graph.precision}, {providers})"


def require_contract(session: onnxruntime.InferenceSession, manifest: Manifest, file: str) -> None:
    for what, there, said in (
        ("input", session.get_inputs(), manifest.inputs),
        ("output", session.get_outputs(), manifest.outputs),
    ):
        found = {one.name: (DTYPES.get(one.type, one.type), _shape(one.shape)) for one in there}
        expected = {name: (port.dtype, tuple(port.shape)) for name, port in said.items()}
        for name in sorted(found.keys() | expected.keys()):
            if found.get(name) != expected.get(name):
                raise InputError(
                    f"{file}: {what} {name} is {_told(found.get(name))}, the manifest says "
                    f"{_told(expected.get(name))}"
                )


def require_same(
    found: Answer, folder: Path, sample: Sample, manifest: Manifest, file: str
) -> None:
    """The answer to a sample against the one that was handed over with it."""
    record, expected = found.record(), dict(sample.answer)
    for name in sorted(record.keys() | expected.keys()):
        ours, theirs = record.get(name), expected.get(name)
        if isinstance(ours, float) and isinstance(theirs, float):
            same = abs(ours - theirs) <= manifest.tolerance.ratio
        else:
            same = ours == theirs
        if not same:
            raise InputError(
                f"{file}: of {sample.picture} it says {name} {ours}, expected is {theirs}"
            )
    for what, mask, path in (
        ("fragments", found.fragment, sample.fragment_mask),
        ("embryo", found.embryo, sample.embryo_mask),
    ):
        expected_mask = read_image(folder / path)[..., 0] > 0
        if expected_mask.shape != mask.shape:
            raise InputError(
                f"{file}: the {what} of {sample.picture} have another size than {path}"
            )
        overlap = iou(mask, expected_mask)
        if overlap < manifest.tolerance.mask_iou:
            raise InputError(
                f"{file}: the {what} of {sample.picture} overlap with {path} by {overlap:.4f} only"
            )


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """1 where both are empty."""
    together = int((one | other).sum())
    return int((one & other).sum()) / together if together else 1.0


def latency(session: onnxruntime.InferenceSession, pixels: np.ndarray) -> float:
    """Median seconds of one picture."""
    taken = []
    for _ in range(REPEATS + 1):
        begun = time.perf_counter()
        session.run(None, {"pixels": pixels[None]})
        taken.append(time.perf_counter() - begun)
    return median(taken[1:])


def _answer(
    session: onnxruntime.InferenceSession, folder: Path, sample: Sample, manifest: Manifest
) -> Answer:
    pixels = read_image(folder / sample.picture)
    names = [one.name for one in session.get_outputs()]
    values = session.run(names, {"pixels": pixels[None]})
    return answers(dict(zip(names, values, strict=True)), manifest)[0]


def port_of(one: onnxruntime.NodeArg, means: str) -> Port:
    return Port(DTYPES[one.type], _shape(one.shape), means)


def _shape(shape: list[int | str]) -> tuple[str, ...]:
    return tuple(map(str, shape))


def _told(port: tuple[str, tuple[str, ...]] | None) -> str:
    return f"{port[0]} [{', '.join(port[1])}]" if port else "absent"
