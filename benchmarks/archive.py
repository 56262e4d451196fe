"""How many machines an archive needs: pictures per second and core of a bundle, and what follows
for a million. As in Spark, a process has one thread; --workers are at work at once, and with all
cores busy each is slower than one alone. CPU time is counted, so that others on the machine do not
matter; waiting for storage comes on top.

python -m benchmarks.archive BUNDLE [--pictures FOLDER] [--workers 8] [--price 0.05]
"""

from __future__ import annotations

import platform
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.bundle import manifest
from ivfgrade.bundle.answers import answer
from ivfgrade.bundle.session import open_graph
from ivfgrade.dataset.images import read_image
from ivfgrade.errors import InputError, one_line
from ivfgrade.prediction.inputs import files_meant

MILLION = 1_000_000
HOUR = 3600


@dataclass(frozen=True)
class Work:
    """Of one process, in seconds of CPU."""

    opening: float  # once
    decoding: float
    computing: float
    pictures: int
    memory_gb: float  # at its most

    @property
    def seconds_each(self) -> float:
        return (self.decoding + self.computing) / self.pictures


def worked(folder: Path, graph: str, files: list[Path], count: int) -> Work:
    """`count` pictures after one to warm up; files are taken again when they are used up."""
    begun = time.process_time()
    content = manifest.read(folder)
    session = open_graph(folder / graph, "cpu", threads=1)
    names = [one.name for one in session.get_outputs()]
    opening, decoding, computing = time.process_time() - begun, 0.0, 0.0
    for number, file in enumerate(islice(cycle(files), count + 1)):
        begun = time.process_time()
        pixels = read_image(file)
        decoded = time.process_time()
        values = session.run(names, {"pixels": pixels[None]})
        answer({name: v[0] for name, v in zip(names, values, strict=True)}, content)
        if number:
            decoding += decoded - begun
            computing += time.process_time() - decoded
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return Work(opening, decoding, computing, count, memory)


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((one.split(": ", 1)[1] for one in lines if one.startswith("model name")), "unknown")


def main(
    bundle: Annotated[Path, typer.Argument(help="Its folder.")],
    pictures: Annotated[Path | None, typer.Option(help="A folder; else the samples.")] = None,
    graph: Annotated[str, typer.Option(help="A file of the bundle; else the one it takes.")] = "",
    count: Annotated[int, typer.Option(min=1, help="Pictures of each worker.")] = 40,
    workers: Annotated[int, typer.Option(min=1, help="Processes at once.")] = 1,
    price: Annotated[float | None, typer.Option(help="Of a core for an hour.")] = None,
) -> None:
    with one_line():
        content = manifest.read(bundle)
        taken = graph or content.taken
        if not (bundle / taken).is_file():
            raise InputError(f"{bundle} has no graph {taken}")
        samples = [bundle / one.picture for one in content.samples]
        files = files_meant([str(pictures)]) if pictures else samples
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            each = [pool.submit(worked, bundle, taken, files, count) for _ in range(workers)]
            tell(taken, [one.result() for one in each], price)


def tell(graph: str, work: list[Work], price: float | None) -> None:
    seconds = sum(one.seconds_each for one in work) / len(work)  # of a core, for a picture
    share = sum(one.decoding for one in work) / sum(one.decoding + one.computing for one in work)
    core_hours = seconds * MILLION / HOUR
    print(f"{cpu_name()}, {len(work)} at once with a thread each, {work[0].pictures} pictures each")
    print(f"{graph}: {1 / seconds:.2f} pictures/s per core, of which decoding {100 * share:.1f} %")
    print(f"a worker: {max(one.memory_gb for one in work):.2f} GB, opened in "
          f"{max(one.opening for one in work):.1f} s")  # fmt: skip
    cost = "" if price is None else f" x {price:g} = {core_hours * price:.2f}"
    print(f"a million pictures: {core_hours:.0f} core-hours{cost}")


if __name__ == "__main__":
    typer.run(main)
