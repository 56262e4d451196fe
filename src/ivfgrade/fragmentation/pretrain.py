"""Phase 1 of the paper's section III.C: train the segmenter on the images that have masks.

It may train at a coarser output stride than it is used at, which halves the cost of a step: the
weights are the same, and DeepLabV3+ was trained at 16 and used at 8, too (Chen et al. 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import nn

from ivfgrade.fragmentation.augment import augment
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.losses import MASK_TERMS
from ivfgrade.fragmentation.model import AttnRegDeepLab, build
from ivfgrade.fragmentation.norms import settle_norms
from ivfgrade.fragmentation.sampling import (
    FORWARD_BATCH,
    EmbryoBatches,
    Embryos,
    Steps,
    in_chunks,
    load_batch,
)
from ivfgrade.fragmentation.scoring import mean_scores
from ivfgrade.fragmentation.spec import ModelSpec, Outlining
from ivfgrade.fragmentation.weights import Origin, initialise
from ivfgrade.training.loop import Row, Run, fit
from ivfgrade.training.phase import Phase


@dataclass(frozen=True)
class Trained:
    model: AttnRegDeepLab  # as it is used: at the fine stride, with its final norm statistics
    validation: dict[str, float]  # of this model; the history is of the one that learnt
    history: list[Row]
    best_epoch: int
    origin: Origin  # which weights it started from


def pretrain(
    spec: ModelSpec, init: str, embryos: Embryos, phase: Phase, outlining: Outlining, run: Run
) -> Trained:
    """Phase 1: masks only."""
    torch.manual_seed(run.seed)
    learner = build(spec, outlining.output_stride)
    origin = initialise(learner, init)
    run.compute.place(learner)
    steps = Steps(embryos.arrays, "train", phase.batch, run.seed)

    def view(batch: Batch, random: torch.Generator) -> Batch:
        return augment(batch, outlining.augment, random)

    batches = EmbryoBatches(embryos, steps, view, run.compute.device)
    validate = _validate(embryos, run)
    fitted = fit(learner, phase, batches, MASK_TERMS, validate, run)
    model = build(spec)
    model.load_state_dict(fitted.weights)
    run.compute.place(model).eval()
    if outlining.settle_norms:
        settle_norms(model, embryos.arrays, embryos.paired("train"), run.compute, run.seed)
    return Trained(model, validate(model), fitted.history, fitted.best_epoch, origin)


def _validate(embryos: Embryos, run: Run) -> Callable[[nn.Module], dict[str, float]]:
    chunks = in_chunks(embryos.paired("val"), FORWARD_BATCH)

    def batches() -> Iterator[Batch]:
        return (load_batch(embryos, chunk) for chunk in chunks)

    return lambda model: mean_scores(model, batches(), run.compute)
