"""What the manifest says of its graphs, against the graphs: files, operators, numbers, inputs and
outputs.

Travels inside the bundle, as `checks` does.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from ivfgrade.bundle.manifest import Graph, Manifest, Port
from ivfgrade.bundle.onnx_file import constant, opsets, outside
from ivfgrade.errors import InputError

DTYPES = {
    "tensor(uint8)": "uint8",
    "tensor(float)": "float32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}


def require_sound(manifest: Manifest, names: Collection[str]) -> None:
    """That it speaks of the bundle's own files, `names`, and of all that is needed."""
    promoted = {graph.file for graph in manifest.promoted}
    if manifest.taken not in promoted:
        raise InputError(f"manifest.json takes {manifest.taken}, which is no promoted graph of it")
    _require_sensible(manifest)
    if not manifest.samples:
        raise InputError("manifest.json has no samples")
    for sample in manifest.samples:
        if missing := sorted(promoted - sample.expected.keys()):
            raise InputError(f"manifest.json: {sample.picture} has no answer by {missing[0]}")
    for file in (*sorted(promoted), *_of_samples(manifest)):
        if file not in names:
            raise InputError(f"manifest.json names {file}, which is no file of the bundle")


def _require_sensible(manifest: Manifest) -> None:
    """Of what is read from the manifest alone: no graph would tell that it is wrong."""
    grades, borders = manifest.scheme.grades, manifest.scheme.borders
    if len(borders) != len(grades) + 1 or not all(a < b for a, b in pairwise(borders)):
        raise InputError(
            f"manifest.json: {len(grades)} grades need {len(grades) + 1} ascending borders, not "
            f"{list(borders)}"
        )
    confidence = manifest.interval.get("confidence")
    if not isinstance(confidence, float) or not 0 < confidence < 1:
        raise InputError("manifest.json: the confidence of interval must lie between 0 and 1")


def _of_samples(manifest: Manifest) -> list[str]:
    files = [sample.picture for sample in manifest.samples]
    for sample in manifest.samples:
        for expected in sample.expected.values():
            files += [expected.fragment_mask, expected.embryo_mask]
    return files


def require_file(folder: Path, manifest: Manifest, graph: Graph) -> None:
    """Before a graph is run: nothing of it lies elsewhere, and its numbers are those told."""
    content = (folder / graph.file).read_bytes()
    if len(content) != graph.bytes:
        raise InputError(f"{graph.file} has {len(content)} bytes, the manifest says {graph.bytes}")
    try:
        away, declared = outside(content), opsets(content)
    except InputError as error:
        raise InputError(f"{graph.file} {error}") from error
    if away:
        raise InputError(f"{graph.file} takes {away[0]} from another file; a graph holds its own")
    if declared != {graph.opset}:
        told = ", ".join(map(str, sorted(declared))) or "none"
        raise InputError(f"{graph.file} is of opset {told}, the manifest says {graph.opset}")
    for name, said in _constants(manifest).items():
        held = constant(content, name)
        if held is None or not np.array_equal(held, _numbers(name, said)):
            raise InputError(
                f"{graph.file}: {name} is {'absent' if held is None else held.tolist()}, the "
                f"manifest says {said}"
            )


def _numbers(name: str, said: Any) -> np.ndarray:
    """As a graph holds them, flat."""
    try:
        with np.errstate(over="ignore"):  # it becomes infinite, and no graph's
            return np.asarray(said, np.float32).ravel()
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"manifest.json: {name} must be numbers, not {said!r:.80}") from None


def _constants(manifest: Manifest) -> dict[str, Any]:
    """Numbers that stand in the manifest and, by these names, in each graph."""
    try:
        return {
            "thresholds": [manifest.thresholds[name] for name in ("fragment", "embryo")],
            "interval_scale": list(manifest.interval["scale"]),
            "interval_quantile": manifest.interval["quantile"],
            "grade_borders": list(manifest.scheme.borders[1:-1]),
            "refusal_sides": [1 if one.side == "above" else -1 for one in manifest.refusals],
            "refusal_limits": [one.limit for one in manifest.refusals],
        }
    except KeyError as error:
        raise InputError(f"manifest.json has no {error} in thresholds or interval") from error
    except TypeError:
        raise InputError("manifest.json: the scale of interval must be three numbers") from None


def require_contract(session: onnxruntime.InferenceSession, manifest: Manifest) -> None:
    for what, there, said in (
        ("input", session.get_inputs(), manifest.inputs),
        ("output", session.get_outputs(), manifest.outputs),
    ):
        found = {one.name: (DTYPES.get(one.type, one.type), _shape(one.shape)) for one in there}
        expected = {name: (port.dtype, tuple(port.shape)) for name, port in said.items()}
        for name in sorted(found.keys() | expected.keys()):
            if found.get(name) != expected.get(name):
                raise InputError(
                    f"{what} {name} is {_told(found.get(name))}, the manifest says "
                    f"{_told(expected.get(name))}"
                )


def port_of(one: onnxruntime.NodeArg, means: str) -> Port:
    return Port(DTYPES[one.type], _shape(one.shape), means)


def _shape(shape: list[int | str]) -> tuple[str, ...]:
    return tuple(map(str, shape))


def _told(port: tuple[str, tuple[str, ...]] | None) -> str:
    return f"{port[0]} [{', '.join(port[1])}]" if port else "absent"
