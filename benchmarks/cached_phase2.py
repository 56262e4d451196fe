"""How much faster is an epoch of phase 2 on cached features, and does it end at the same losses?

    python -m benchmarks.cached_phase2 data/processed models/pretrain --images 16

Both ways train the same head and injection on the same images in the same order, without
augmentation, in fp32, alternating epoch by epoch in one process. Expect at least 30 times, and
losses equal to 1e-4. Filling the cache costs one forward pass per image and view, once; it is timed
apart. Writes nothing unless --out is given.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from ivfgrade.atomic import write_json
from ivfgrade.dataset.arrays import Arrays, load_arrays
from ivfgrade.errors import one_line
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.cached import CachedBatches, CachedHeads, FeatureCache
from ivfgrade.fragmentation.finetune import PHASE_2_PARTS
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.model import AttnRegDeepLab, build
from ivfgrade.fragmentation.sampling import EmbryoBatches, Embryos, Labels, Steps
from ivfgrade.fragmentation.stored import load_into
from ivfgrade.grading import load_scheme
from ivfgrade.params import Params, load_params
from ivfgrade.provenance import Provenance
from ivfgrade.training.loop import Batches, Objective, train_step
from ivfgrade.training.param_groups import optimiser_groups, train_mode
from ivfgrade.training.precision import Compute

FP32 = Compute(torch.device("cpu"), torch.float32)
OBJECTIVE = Objective(TERMS)


def main(
    data: Path,
    phase_1: Path,
    images: Annotated[int, typer.Option(help="of each kind: paired and unmasked")] = 16,
    epochs: int = 3,
    out: Annotated[Path | None, typer.Option(help="a JSON file for the figures")] = None,
) -> None:
    with one_line(), tempfile.TemporaryDirectory() as work:
        params = load_params()
        record = Provenance("benchmark cached_phase2", "")
        figures = measure(_some(load_arrays(data), images), phase_1, params, Path(work), epochs)
        print(json.dumps(figures, indent=2))
        if out is not None:
            record.write(out.with_suffix(".provenance.json"), {})
            write_json(out, figures)


def measure(
    arrays: Arrays, phase_1: Path, params: Params, work: Path, epochs: int
) -> dict[str, Any]:
    recipe = params.active_recipe
    scheme = load_scheme(Path(params.data.grading))
    interval = partial(scheme.widened, margin=recipe.grade_margin)
    embryos = Embryos(arrays, Labels(arrays.manifest, interval))
    steps = Steps(arrays, "train", recipe.finetune.batch, params.seed)
    naive, cached = (_network(phase_1, params) for _ in range(2))
    start = time.perf_counter()
    indices = arrays.indices("train", ("paired", "ratio", "weak"))
    cache = FeatureCache(work, indices, embryos.labels.paired.numpy(), views=1)
    cache.fill(cached, arrays, FP32)
    filling = time.perf_counter() - start
    for model in (naive, cached):
        model.head.standardise_like(cache.pooled.flatten(0, 1))
    ways = {
        "naive": _Way(naive, _every_pixel(embryos, steps), params),
        "cached": _Way(
            CachedHeads(cached),
            CachedBatches(cache, embryos, steps, FP32.device),
            params,
        ),
    }
    for epoch in range(epochs):
        for way in ways.values():
            way.run(epoch)
    return _figures(ways, filling, len(indices))


class _Way:
    def __init__(self, model: torch.nn.Module, batches: Batches, params: Params) -> None:
        self.phase = params.active_recipe.finetune
        groups = optimiser_groups(model, self.phase.groups, self.phase.weight_decay)
        self.model, self.batches = model, batches
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, self.phase.beta2), fused=True)
        self.seconds: list[float] = []
        self.losses: list[float] = []

    def run(self, epoch: int) -> None:
        torch.manual_seed(epoch)  # the same dropout
        train_mode(self.model, self.phase.groups)
        start = time.perf_counter()
        losses = [
            train_step(self.model, self.optimiser, batch, self.phase, OBJECTIVE, FP32)["loss"]
            for batch in self.batches.epoch(epoch)
        ]
        self.seconds.append(time.perf_counter() - start)
        self.losses.append(statistics.fmean(losses))


def _every_pixel(embryos: Embryos, steps: Steps) -> EmbryoBatches:
    def unchanged(batch: Batch, _: torch.Generator) -> Batch:
        return batch.replace(outlined=batch.paired)

    return EmbryoBatches(embryos, steps, unchanged, FP32.device)


def _network(phase_1: Path, params: Params) -> AttnRegDeepLab:
    torch.manual_seed(params.seed)
    model = build(params.spec)
    load_into(model, phase_1, missing=PHASE_2_PARTS)
    return FP32.place(model)


def _some(arrays: Arrays, images: int) -> Arrays:
    """The first `images` paired and as many unmasked images of the training split."""
    kinds = (("paired",), ("ratio", "weak"))
    chosen = np.concatenate([arrays.indices("train", kind)[:images] for kind in kinds])
    return replace(
        arrays,
        images=arrays.images[chosen],
        masks=arrays.masks[chosen],
        manifest=arrays.manifest.iloc[chosen].reset_index(drop=True),
    )


def _figures(ways: dict[str, _Way], filling: float, images: int) -> dict[str, Any]:
    naive, cached = ways["naive"], ways["cached"]
    differences = [abs(a - b) for a, b in zip(naive.losses, cached.losses, strict=True)]
    medians = {name: statistics.median(way.seconds) for name, way in ways.items()}
    return {
        "images": images,
        "threads": torch.get_num_threads(),
        "precision": FP32.name,
        "seconds_per_epoch": {name: round(value, 4) for name, value in medians.items()},
        "seconds_to_fill_the_cache": round(filling, 2),
        "times_faster": round(medians["naive"] / medians["cached"], 1),
        "largest_loss_difference": max(differences),
        "losses": {name: way.losses for name, way in ways.items()},
    }


if __name__ == "__main__":
    typer.run(main)
