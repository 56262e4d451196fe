"""`ivfgrade predict`: a bundle's answers to pictures of one's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ivfgrade.atomic import require_apart
from ivfgrade.errors import InputError, one_line, printable

if TYPE_CHECKING:
    from ivfgrade.prediction.run import Outcome

SMALLEST_PIXEL, LARGEST_PIXEL = 0.001, 100.0  # micrometres, of any microscope
SOME_UNREADABLE, INTERRUPTED = 3, 130  # exit codes


class Device(StrEnum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Precision(StrEnum):
    fp32 = "fp32"
    fp16 = "fp16"
    int8 = "int8"


Bundle = Annotated[Path, typer.Argument(help="The folder that was handed over.")]
Pictures = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders with all PNG, JPEG, TIFF and BMP below them (hidden ones are left "
        "out), or patterns like 'week1/**/*.png'."
    ),
]
Out = Annotated[Path, typer.Option(help="Where the answers go: a new folder, or one to complete.")]
Jobs = Annotated[int, typer.Option(min=1, help="Threads that decode, and as many that write.")]
UmPerPx = Annotated[
    float | None, typer.Option(help="Size of a pixel of all these pictures, in micrometres.")
]
Overlays = Annotated[bool, typer.Option(help="Draw outlines and answer on a copy of each picture.")]
OnDevice = Annotated[Device, typer.Option(help="auto takes a GPU if ONNX Runtime can use one.")]
OfGraph = Annotated[
    Precision | None,
    typer.Option(help="Which of the bundle's graphs; if not given, the one it recommends."),
]
Digest = Annotated[
    str | None, typer.Option(help="Of the bundle, as its sender told it on another way.")
]
Again = Annotated[bool, typer.Option("--again", help="Try what could not be read once more.")]


def predict(
    bundle: Bundle,
    pictures: Pictures,
    out: Out,
    jobs: Jobs = 2,
    um_per_px: UmPerPx = None,
    overlays: Overlays = True,
    device: OnDevice = Device.auto,
    graph: OfGraph = None,
    digest: Digest = None,
    again: Again = False,
) -> None:
    """Outline, measure and grade pictures with a bundle; the same command again goes on.

    Writes answers.jsonl as it goes (a line per picture), masks (0 background, 1 embryo, 2 fragment)
    and overlays, and at the end answers.csv and fragments.csv. A picture is answered once, and anew
    when its size or time of change differs. A file that cannot be read is listed with its reason;
    it is tried again when it has changed, or with --again.

    Exit code 0: all pictures were read, graded or refused. 3: some could not be read. 1: it could
    not begin, or not go on. 130: interrupted.
    """
    with one_line(), _interruptible(out):
        if um_per_px is not None and not SMALLEST_PIXEL <= um_per_px <= LARGEST_PIXEL:
            raise InputError(
                f"--um-per-px is {um_per_px:g}; a pixel has {SMALLEST_PIXEL:g} to "
                f"{LARGEST_PIXEL:g} micrometres"
            )
        require_apart(out, bundle)
        from ivfgrade.prediction.inputs import files_meant  # ONNX Runtime takes a second to load
        from ivfgrade.prediction.opened import open_bundle
        from ivfgrade.prediction.record import Writing
        from ivfgrade.prediction.run import predict

        paths = files_meant(pictures, besides=out)
        opened = open_bundle(bundle, device.value, graph and graph.value, digest)
        print(printable(opened.told))
        outcome = predict(opened, paths, Writing(out, overlays, um_per_px), jobs, again)
        for line in told(outcome):
            print(printable(line))
        print(printable(f"The answers are in {out}"))
        if outcome.unreadable:
            raise SystemExit(SOME_UNREADABLE)


def told(outcome: Outcome) -> Iterator[str]:
    counts = outcome.counts
    yield ", ".join(f"{counts[status]} {status}" for status in ("graded", "refused", "unreadable"))
    yield from (f"unreadable: {one}" for one in outcome.unreadable)
    others = counts["unreadable"] - len(outcome.unreadable)
    if others:
        yield f"unreadable: {others} more, listed in answers.csv"
    yield outcome.rate.told


@contextmanager
def _interruptible(out: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        print(f"interrupted: {out} is whole so far, and the same command goes on", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
