"""Is a bundle what it says it is? Its manifest, its graphs' contract, its samples' answers, its
speed.

Needs onnxruntime, numpy and pillow alone: this file travels inside the bundle. That no file was
changed is asked before, by `verify`.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime

from ivfgrade.bundle.answers import Answer, answers
from ivfgrade.bundle.contract import require_contract, require_file, require_sound
from ivfgrade.bundle.manifest import Graph, Manifest, Sample
from ivfgrade.bundle.session import first_line, open_graph
from ivfgrade.dataset.images import read_image
from ivfgrade.errors import InputError

LONGEST_MS = 1e9  # a manifest may hold any number
REPEATS = 7  # of which the median latency is told, after one to warm up


def checked(
    folder: Path, manifest: Manifest, names: Collection[str], device: str = "cpu",
    repeats: int = REPEATS,
) -> Iterator[str]:  # fmt: skip
    """A line for each thing that was found right; the first that is not ends it. `names` are the
    bundle's files."""
    require_sound(manifest, names)
    for graph in manifest.graphs:
        if graph.file in names:
            require_file(folder, manifest, graph)
    yield f"manifest.json: {manifest.name}, and the graphs have the size and numbers that it says"
    for graph in manifest.promoted:
        try:
            yield from _checked_graph(folder, manifest, graph, device, repeats)
        except InputError as error:
            raise InputError(f"{graph.file}: {error}") from error


def _checked_graph(
    folder: Path, manifest: Manifest, graph: Graph, device: str, repeats: int
) -> Iterator[str]:
    session = _opened(folder / graph.file, device)
    require_contract(session, manifest)
    for sample in manifest.samples:
        found = _answer(session, folder, sample, manifest)
        require_same(found, folder, sample, manifest, graph)
    yield (
        f"{graph.file}: takes and gives what the manifest says, and answers the "
        f"{len(manifest.samples)} samples as it should"
    )
    seconds = latency(session, read_image(folder / manifest.samples[0].picture), repeats)
    yield (
        f"{graph.file}: {_milliseconds(1000 * seconds)} a picture (median) by "
        f"{_provider(session)}{_where_it_was_made(graph)}"
    )


def opened(
    folder: Path, manifest: Manifest, graph: Graph, device: str = "cpu"
) -> onnxruntime.InferenceSession:
    """Ready to answer, after it was found to be what a sound manifest says of it; its answers to
    the samples are not asked for."""
    require_file(folder, manifest, graph)
    session = _opened(folder / graph.file, device)
    require_contract(session, manifest)
    return session


def _opened(path: Path, device: str) -> onnxruntime.InferenceSession:
    try:
        return open_graph(path, device)
    except InputError:
        raise
    except Exception as error:  # each provider has errors of its own
        raise InputError(f"ONNX Runtime cannot open it: {first_line(error)}") from error


def _answer(
    session: onnxruntime.InferenceSession, folder: Path, sample: Sample, manifest: Manifest
) -> Answer:
    pixels = read_image(folder / sample.picture)
    names = [one.name for one in session.get_outputs()]
    try:
        values = session.run(names, {"pixels": pixels[None]})
    except Exception as error:
        raise InputError(f"cannot answer {sample.picture}: {first_line(error)}") from error
    return answers(dict(zip(names, values, strict=True)), manifest)[0]


def require_same(
    found: Answer, folder: Path, sample: Sample, manifest: Manifest, graph: Graph
) -> None:
    """The answer to a sample against the one that was handed over with it."""
    expected, tolerance = sample.expected[graph.file], manifest.tolerance_of(graph)
    borders = manifest.scheme.borders[1:-1]
    differs = _difference(found.record(), expected.answer, tolerance.ratio, borders)
    if differs:
        raise InputError(f"of {sample.picture} it says {differs}")
    for what, mask, path in (
        ("fragments", found.fragment, expected.fragment_mask),
        ("embryo", found.embryo, expected.embryo_mask),
    ):
        kept = read_image(folder / path)[..., 0] > 0
        if kept.shape != mask.shape:
            raise InputError(f"the {what} of {sample.picture} have another size than {path}")
        overlap = iou(mask, kept)
        if not overlap >= tolerance.mask_iou:
            raise InputError(
                f"the {what} of {sample.picture} overlap with {path} by {overlap:.4f} only, not "
                f"by {tolerance.mask_iou:g}"
            )


def _difference(
    record: Mapping[str, object], expected: Mapping[str, object], tolerance: float,
    borders: tuple[float, ...],
) -> str:  # fmt: skip
    """The first, in words; empty if there is none. A number on the border of two grades may have
    either."""
    numbers = [value for value in expected.values() if isinstance(value, float)]
    on_border = any(abs(one - border) <= tolerance for one in numbers for border in borders)
    for name in sorted(record.keys() | expected.keys()):
        ours, theirs = record.get(name), expected.get(name)
        if isinstance(ours, float) and isinstance(theirs, float):
            same = abs(ours - theirs) <= tolerance
        else:
            same = ours == theirs or (on_border and name in ("grade", "grades"))
        if not same:
            return f"{name} {ours}, expected is {theirs}"
    return ""


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """1 where both are empty."""
    together = int((one | other).sum())
    return int((one & other).sum()) / together if together else 1.0


def latency(
    session: onnxruntime.InferenceSession, pixels: np.ndarray, repeats: int = REPEATS
) -> float:
    """Median seconds of one picture."""
    taken = []
    for _ in range(repeats + 1):
        begun = time.perf_counter()
        session.run(None, {"pixels": pixels[None]})
        taken.append(time.perf_counter() - begun)
    return median(taken[1:])


def _provider(session: onnxruntime.InferenceSession) -> str:
    """Who computes, and who else could here."""
    taken, *_ = session.get_providers()
    others = [name for name in onnxruntime.get_available_providers() if name != taken]
    also = f" (ONNX Runtime here also knows {', '.join(others)})" if others else ""
    return f"{taken}{also}"


def _where_it_was_made(graph: Graph) -> str:
    """For comparison: a slower machine is no fault."""
    told = graph.measured.get("latency_ms")
    value = told.get("value") if isinstance(told, Mapping) else told
    if not isinstance(value, int | float) or not value <= LONGEST_MS:
        return ""
    return f"; {_milliseconds(value)} where it was made"


def _milliseconds(value: float) -> str:
    return f"{value:.0f} ms" if value >= 100 else f"{value:.2g} ms"
