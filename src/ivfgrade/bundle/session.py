"""A bundle's graph at work: pictures from files, decoded while others are computed."""

from __future__ import annotations

import ctypes
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime

from ivfgrade.dataset.images import BadImage, read_image
from ivfgrade.errors import InputError

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
Found = dict[str, np.ndarray]


@dataclass(frozen=True)
class Computed:
    path: Path
    pixels: np.ndarray  # H W 3
    found: Found  # by output, without the batch axis
    seconds: float  # of the network alone


@dataclass(frozen=True)
class Failed:
    path: Path
    reason: str
    seconds: float = 0.0


def open_graph(
    model: bytes | Path, device: str = "auto", threads: int = 0
) -> onnxruntime.InferenceSession:
    """`device` auto, cpu or cuda; auto takes CUDA where a driver is, else the CPU. Asking for cuda
    where there is none is refused: ONNX Runtime would fall back silently."""
    wants = {"cpu": [CPU], "cuda": [CUDA, CPU], "auto": [CUDA, CPU] if has_gpu() else [CPU]}
    if device not in wants:
        raise InputError(f"device is {device!r}; it can be auto, cpu or cuda")
    if device == "cuda" and CUDA not in onnxruntime.get_available_providers():
        raise InputError(
            "device cuda was asked for, which this ONNX Runtime was not built for; install "
            "onnxruntime-gpu, or take cpu"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    if CUDA in wants[device] and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
    source = model if isinstance(model, bytes) else str(model)
    session = onnxruntime.InferenceSession(source, options, providers=wants[device])
    if device == "cuda" and CUDA not in session.get_providers():
        raise InputError("device cuda was asked for, and ONNX Runtime finds none that it can use")
    return session


def compute(
    session: onnxruntime.InferenceSession,
    paths: Iterable[Path],
    outputs: Sequence[str],
    decoders: int = 2,
) -> Iterator[Computed | Failed]:
    """In the order of `paths`; a file that cannot be read is told, and the others go on."""
    with ThreadPoolExecutor(decoders) as pool:
        try:
            for path, decoding in _ahead(pool, paths, 2 * decoders):
                yield _computed(session, path, decoding.result(), outputs)
        finally:  # whoever stops early does not wait for pictures that nobody will look at
            pool.shutdown(cancel_futures=True)


def compute_alone(
    session: onnxruntime.InferenceSession, path: Path, outputs: Sequence[str]
) -> Computed | Failed:
    """With nothing decoded meanwhile: its seconds are those of the network undisturbed."""
    return _computed(session, path, _decoded(path), outputs)


def _ahead(
    pool: ThreadPoolExecutor, paths: Iterable[Path], count: int
) -> Iterator[tuple[Path, Future[np.ndarray | Failed]]]:
    """Decoding runs `count` pictures ahead of who takes them, and no farther."""
    waiting = iter(paths)
    begun = deque((path, pool.submit(_decoded, path)) for path in islice(waiting, count))
    while begun:
        yield begun.popleft()
        begun.extend((path, pool.submit(_decoded, path)) for path in islice(waiting, 1))


def _decoded(path: Path) -> np.ndarray | Failed:
    """H W 3"""
    try:
        return read_image(path)
    except BadImage as error:
        return Failed(path, error.reason)
    except (OSError, ValueError, MemoryError) as error:  # a place that cannot even be looked at
        return Failed(path, f"cannot be read: {first_line(error)}")


def _computed(
    session: onnxruntime.InferenceSession,
    path: Path,
    pixels: np.ndarray | Failed,
    outputs: Sequence[str],
) -> Computed | Failed:
    if isinstance(pixels, Failed):
        return pixels
    begun = time.perf_counter()
    try:
        values = session.run(list(outputs), {"pixels": pixels[None]})
    except Exception as error:  # ONNX Runtime's own kinds have no common parent but this
        _require_working(session, outputs)
        return Failed(path, f"the network cannot compute it: {first_line(error)}")
    seconds = time.perf_counter() - begun
    found = {name: value[0] for name, value in zip(outputs, values, strict=True)}
    return Computed(path, pixels, found, seconds)


def _require_working(session: onnxruntime.InferenceSession, outputs: Sequence[str]) -> None:
    """A picture alone may be too large; a network that fails on any would fail all the others."""
    try:
        session.run(list(outputs), {"pixels": np.zeros((1, 64, 64, 3), np.uint8)})
    except Exception as error:
        raise InputError(f"the network computes nothing here: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """Of what it says; its kind, if it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def has_gpu() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return CUDA in onnxruntime.get_available_providers()
