"""Phase 2 of the paper's section III.C: freeze the segmenter, train regression head and injection.

The frozen part always says the same of an image, so it is asked once (`cached`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.cached import (
    CachedBatch,
    CachedBatches,
    CachedHeads,
    FeatureCache,
    load_cached,
)
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.model import AttnRegDeepLab, build
from ivfgrade.fragmentation.sampling import FORWARD_BATCH, Embryos, Steps, in_chunks
from ivfgrade.fragmentation.scoring import mean_scores
from ivfgrade.fragmentation.spec import ModelSpec
from ivfgrade.fragmentation.stored import load_into
from ivfgrade.fragmentation.trained import Trained
from ivfgrade.training.checkpoints import load_spec
from ivfgrade.training.loop import Objective, Run, Watch, described, fit
from ivfgrade.training.param_groups import changed, frozen_names
from ivfgrade.training.phase import Phase

PHASE_2_PARTS = ("head", "injection")
WHOLE_TRAINING = ("init", "epochs", "train_images", "image_passes")  # what comparisons must equal


def finetune(
    spec: ModelSpec, phase_1: Path, embryos: Embryos, phase: Phase, views: int, run: Run
) -> Trained[AttnRegDeepLab]:
    """Phase 2 on cached features: the whole network, of which only head and injection moved."""
    torch.manual_seed(run.seed)
    model = build(spec)
    untaught = load_into(model, phase_1, missing=PHASE_2_PARTS)
    run.compute.place(model)
    frozen = {k: model.state_dict()[k].clone() for k in frozen_names(model, phase.groups)}
    _require_frozen_segmenter(model, frozen)
    steps = Steps(embryos.arrays, "train", phase.batch, run.seed)
    cache = _cache(model, embryos, "train", views, run)
    if "head" in untaught:  # one that phase 1 has trained goes on from there
        model.head.standardise_like(cache.pooled.flatten(0, 1).to(run.compute.device))
        model.head.set_ratio_prior(embryos.mean_ratio("train"))
    batches = CachedBatches(cache, embryos, steps, run.compute.device)
    heads = CachedHeads(model)
    watch = Watch(_validate(model, embryos, run))
    fitted = fit(heads, phase, Objective(TERMS), batches, watch, run)
    moved = changed(frozen, model.state_dict())
    if moved:
        raise RuntimeError(f"phase 2 changed frozen tensors: {', '.join(moved)}")
    before = load_spec(phase_1)
    whole = {name: before[name] for name in WHOLE_TRAINING if name in before}
    facts = {
        "phase_1": {**whole, "head_epochs": 0 if "head" in untaught else before["epochs"]},
        "train_images": steps.counts(),
        "views": views,
        **described(fitted, phase, run),
    }
    return Trained(model, fitted.history, facts)


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


def _validate(
    model: AttnRegDeepLab, embryos: Embryos, run: Run
) -> Callable[[nn.Module], dict[str, float]]:
    images = embryos.paired("val")
    cache = _cache(model, embryos, "val", 1, run)
    chunks = in_chunks(images, FORWARD_BATCH)

    def batches() -> Iterator[CachedBatch]:
        upright = (np.zeros(len(chunk), dtype=int) for chunk in chunks)
        return (load_cached(cache, embryos, *pair) for pair in zip(chunks, upright, strict=True))

    return lambda heads: mean_scores(heads, batches(), run.compute)
