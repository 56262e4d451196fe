"""The two phases of the paper's section III.C, as calls of the one `fit`.

Phase 1 trains the segmenter. Phase 2 freezes it and trains the regression head and the injection
on its stored features. Both end with the weights of the epoch that validation liked best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.errors import InputError
from ivfgrade.fragmentation.augment import augment, shrink
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.cached import CachedBatches, CachedHeads, FeatureCache
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.model import AttnRegDeepLab, build
from ivfgrade.fragmentation.sampling import EmbryoBatches, Labels, Steps, in_chunks, load_batch
from ivfgrade.fragmentation.scoring import mean_scores, validation_scores
from ivfgrade.fragmentation.spec import AugmentParams, Coarse, ModelSpec
from ivfgrade.fragmentation.stored import load_into
from ivfgrade.fragmentation.weights import Origin, initialise
from ivfgrade.training.loop import Fitted, Run, fit
from ivfgrade.training.param_groups import changed, frozen_names
from ivfgrade.training.phase import Phase

PHASE_2_PARTS = ("head", "injection")
VALIDATION_BATCH = 8


@dataclass(frozen=True)
class Embryos:
    """A prepared data set and what its labels mean."""

    arrays: Arrays
    labels: Labels


@dataclass(frozen=True)
class Views:
    """How phase 1 sees its images."""

    augment: AugmentParams
    coarse: Coarse

    def of(self, epochs: int) -> Callable[[Batch, torch.Generator, int], Batch]:
        first_fine = round(self.coarse.share * epochs)

        def view(batch: Batch, random: torch.Generator, epoch: int) -> Batch:
            seen = shrink(batch, self.coarse.size) if epoch < first_fine else batch
            return augment(seen, self.augment, random)

        return view


def pretrain(
    spec: ModelSpec, init: str, embryos: Embryos, phase: Phase, views: Views, run: Run
) -> tuple[Fitted, Origin]:
    """Phase 1: masks only. Also returns which weights it started from."""
    torch.manual_seed(run.seed)
    model = build(spec)
    origin = initialise(model, init)
    model.to(run.compute.device, memory_format=torch.channels_last)
    steps = Steps(embryos.arrays, "train", phase.batch, run.seed)
    view = views.of(run.epochs)
    batches = EmbryoBatches(embryos.arrays, embryos.labels, steps, view, run.compute.device)
    return fit(model, phase, batches, TERMS, _validate_pixels(embryos, run), run), origin


def finetune(
    spec: ModelSpec, phase_1: Path, embryos: Embryos, phase: Phase, views: int, run: Run
) -> tuple[AttnRegDeepLab, Fitted]:
    """Phase 2 on cached features: the whole network, of which only head and injection moved."""
    torch.manual_seed(run.seed)
    model = build(spec)
    load_into(model, phase_1, missing=PHASE_2_PARTS)
    model.to(run.compute.device, memory_format=torch.channels_last)
    frozen = {k: model.state_dict()[k].clone() for k in frozen_names(model, phase.groups)}
    _require_frozen_segmenter(model, frozen)
    steps = Steps(embryos.arrays, "train", phase.batch, run.seed)
    cache = _cache(model, embryos, "train", views, run)
    seen = cache.pooled.flatten(0, 1).to(run.compute.device)
    model.head.standardise_like(seen)
    model.head.set_ratio_prior(float(embryos.labels.ratio[steps.pools["paired"]].mean()))
    batches = CachedBatches(cache, embryos.arrays, embryos.labels, steps, run.compute.device)
    heads = CachedHeads(model)
    fitted = fit(heads, phase, batches, TERMS, _validate_cached(model, embryos, run), run)
    moved = changed(frozen, model.state_dict())
    if moved:
        raise InputError(f"phase 2 changed frozen tensors: {', '.join(moved)}")
    return model, fitted


def _require_frozen_segmenter(model: nn.Module, frozen: dict[str, Tensor]) -> None:
    """Cached features are only right while nothing before the cut learns."""
    parts = {name for name in model.state_dict() if name.partition(".")[0] not in PHASE_2_PARTS}
    learning = sorted(parts - set(frozen))
    if learning:
        raise InputError(f"the phase's groups must freeze {learning[0]}: its outputs are cached")


def _cache(
    model: AttnRegDeepLab, embryos: Embryos, split: str, views: int, run: Run
) -> FeatureCache:
    indices = embryos.arrays.indices(split, ("paired", "ratio", "weak"))
    paired = embryos.labels.paired.numpy()
    cache = FeatureCache(run.work / f"features-{split}", indices, paired, views)
    return cache.fill(model, embryos.arrays, run.compute)


def _validate_pixels(embryos: Embryos, run: Run) -> Callable[[nn.Module], dict[str, float]]:
    chunks = in_chunks(_validation_images(embryos), VALIDATION_BATCH)

    def validate(model: nn.Module) -> dict[str, float]:
        batches = (load_batch(embryos.arrays, embryos.labels, chunk) for chunk in chunks)
        return _scores(model, batches, run)

    return validate


def _validate_cached(
    model: AttnRegDeepLab, embryos: Embryos, run: Run
) -> Callable[[nn.Module], dict[str, float]]:
    cache = _cache(model, embryos, "val", 1, run)
    images = _validation_images(embryos)
    steps = Steps(embryos.arrays, "val", {"paired": VALIDATION_BATCH}, run.seed)
    batches = CachedBatches(cache, embryos.arrays, embryos.labels, steps, run.compute.device)
    chunks = in_chunks(images, VALIDATION_BATCH)

    def validate(heads: nn.Module) -> dict[str, float]:
        loaded = (batches.load(chunk, np.zeros(len(chunk), dtype=int)) for chunk in chunks)
        return _scores(heads, loaded, run)

    return validate


def _validation_images(embryos: Embryos) -> np.ndarray:
    images = embryos.arrays.indices("val", ("paired",))
    if not len(images):
        raise InputError("the val split has no paired image; give it some in split")
    return images


@torch.inference_mode()
def _scores(model: nn.Module, batches: object, run: Run) -> dict[str, float]:
    scores = []
    for batch in batches:  # type: ignore[attr-defined]
        batch = batch.to(run.compute.device)
        with run.compute.autocast():
            prediction = model(*batch.inputs)
        scores.append(validation_scores(prediction, batch))
    return mean_scores(scores)
