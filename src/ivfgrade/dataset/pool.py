"""Run one function over many samples on all cores, in order, with a progress bar."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext
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
    chunk = max(1, min(16, len(items) // (4 * workers)))
    with ProcessPoolExecutor(workers, _fresh_processes(), _leave_with_parent) as pool:
        results = pool.map(function, items, chunksize=chunk)
        return list(tqdm(results, title, len(items), unit="image"))


def _fresh_processes() -> BaseContext:
    """Not plain forks: forking a process that has threads can deadlock."""
    known = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("forkserver" if "forkserver" in known else "spawn")


def _leave_with_parent() -> None:
    """A worker of a killed stage would otherwise wait for work for ever."""
    parent = multiprocessing.parent_process()

    def leave() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=leave, daemon=True).start()
