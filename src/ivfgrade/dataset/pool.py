"""Run one function over many samples on all cores, in order, with a progress bar."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_A_PROCESS = 64  # items: starting a worker costs as much as decoding some dozens of frames


def available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_with_progress(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    title: str,
    workers: int | None = None,
) -> list[Result]:
    """Results in the order of `items`; without `workers` as many as pay off."""
    if workers is None:
        workers = min(available_cores(), len(items) // WORTH_A_PROCESS)
    if workers <= 1:
        return list(tqdm(map(function, items), title, len(items), unit="image"))
    spawned = multiprocessing.get_context("spawn")  # forking a process with threads can deadlock
    chunk = max(1, min(16, len(items) // (4 * workers)))
    with ProcessPoolExecutor(workers, mp_context=spawned) as pool:
        results = pool.map(function, items, chunksize=chunk)
        return list(tqdm(results, title, len(items), unit="image"))
