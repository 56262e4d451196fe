"""A whole synthetic data set in the layout of the data contract, or none of it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from ivfgrade.atomic import replaced, write_text
from ivfgrade.synthesis.cohort import WHOLE, Case, Cohort, cases
from ivfgrade.synthesis.params import SynthesisParams
from ivfgrade.synthesis.render import Product, produce

CHUNK = 4


def synthesise(
    params: SynthesisParams, seed: int, folder: Path, workers: int, cohort: Cohort = WHOLE
) -> None:
    """Write images/, masks/, embryo/, labels.csv and truth.csv; replaces `folder` at the end."""
    with replaced(folder) as partly:
        for name in ("images", "masks", "embryo"):
            (partly / name).mkdir()
        wanted = list(cases(params, seed, cohort))
        products = _products(wanted, params, seed, workers)
        bar = tqdm(products, total=len(wanted), desc="synthesise", unit="image")
        rows = [_write(product, partly) for product in bar]
        write_text(partly / "labels.csv", _table([label for label, _ in rows]))
        write_text(partly / "truth.csv", _table([full for _, full in rows]))


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _products(
    wanted: list[Case], params: SynthesisParams, seed: int, workers: int
) -> Iterator[Product]:
    make = partial(produce, params=params, seed=seed)
    if workers <= 1:
        yield from map(make, wanted)
        return
    # one process per core: more threads inside each would only fight over the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(make, wanted, chunksize=CHUNK)


def _write(product: Product, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    (folder / "images" / f"{product.stem}{product.suffix}").write_bytes(product.image)
    if product.fragment is not None and product.embryo is not None:
        (folder / "masks" / f"{product.stem}.png").write_bytes(product.fragment)
        (folder / "embryo" / f"{product.stem}.png").write_bytes(product.embryo)
    for number, content in enumerate(product.annotations):
        place = folder / "annotators" / str(number)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{product.stem}.png").write_bytes(content)
    return product.label, product.truth


def _table(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
