"""Phase 1 of the paper's section III.C: train the segmenter on the images that have masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn

from ivfgrade.fragmentation.augment import augment
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.model import build
from ivfgrade.fragmentation.sampling import (
    FORWARD_BATCH,
    EmbryoBatches,
    Embryos,
    Steps,
    in_chunks,
    load_batch,
)
from ivfgrade.fragmentation.scoring import mean_scores
from ivfgrade.fragmentation.spec import AugmentParams, ModelSpec
from ivfgrade.fragmentation.weights import Origin, initialise
from ivfgrade.training.loop import Fitted, Run, fit
from ivfgrade.training.phase import Phase


def pretrain(
    spec: ModelSpec, init: str, embryos: Embryos, phase: Phase, views: AugmentParams, run: Run
) -> tuple[Fitted, Origin]:
    """Phase 1: masks only. Also returns which weights it started from."""
    torch.manual_seed(run.seed)
    model = build(spec)
    origin = initialise(model, init)
    run.compute.place(model)
    steps = Steps(embryos.arrays, "train", phase.batch, run.seed)

    def view(batch: Batch, random: torch.Generator) -> Batch:
        return augment(batch, views, random)

    batches = EmbryoBatches(embryos, steps, view, run.compute.device)
    return fit(model, phase, batches, TERMS, _validate(embryos, run), run), origin


def _validate(embryos: Embryos, run: Run) -> Callable[[nn.Module], dict[str, float]]:
    chunks = in_chunks(embryos.paired("val"), FORWARD_BATCH)

    def batches() -> Iterator[Batch]:
        return (load_batch(embryos, chunk) for chunk in chunks)

    return lambda model: mean_scores(model, batches(), run.compute)
