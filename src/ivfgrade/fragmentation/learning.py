"""Train a whole network at once: phase 1 of the paper's section III.C, and every row of Table 1
that has no phases.

It may train at a coarser output stride than it is used at, which halves the cost of a step: the
weights are the same, and DeepLabV3+ was trained at 16 and used at 8, too (Chen et al. 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

import torch
from torch import nn

from ivfgrade.fragmentation.augment import augment
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.conflict import gradient_probe
from ivfgrade.fragmentation.model import AttnRegDeepLab
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
from ivfgrade.fragmentation.spec import EstimatorSpec, ModelSpec, Outlining, TeacherParams
from ivfgrade.fragmentation.stored import Network, build_network
from ivfgrade.fragmentation.teaching import Classroom, graduate, in_class
from ivfgrade.fragmentation.trained import Trained
from ivfgrade.fragmentation.weights import initialise
from ivfgrade.training.loop import (
    Fitted,
    Measure,
    Objective,
    Run,
    Watch,
    described,
    fit,
    nothing,
)
from ivfgrade.training.phase import Phase


@dataclass(frozen=True)
class Lesson:
    """What is learnt, and how."""

    phase: Phase
    objective: Objective
    outlining: Outlining
    init: str
    teacher: TeacherParams | None = None  # of images without a mask
    conflict_batches: int = 0  # on which the tasks' gradients are compared after each epoch


def learn(
    spec: ModelSpec | EstimatorSpec, embryos: Embryos, lesson: Lesson, run: Run
) -> Trained[Network]:
    """The network as it is used: at the fine stride, with its final norm statistics."""
    torch.manual_seed(run.seed)
    learner = build_network(spec, lesson.outlining.output_stride)
    origin = initialise(learner.backbone, lesson.init)
    learner.head.set_ratio_prior(embryos.mean_ratio("train"))
    run.compute.place(learner)
    steps = Steps(embryos.arrays, "train", lesson.phase.batch, run.seed)

    def view(batch: Batch, random: torch.Generator) -> Batch:
        return augment(batch, lesson.outlining.augment, random)

    batches = EmbryoBatches(embryos, steps, view, run.compute.device)
    validate = _validate(embryos, run)
    watch = Watch(validate, _probe(batches, lesson, run))
    if lesson.teacher and isinstance(learner, AttnRegDeepLab):
        fitted = _fit_in_class(learner, lesson, batches, watch, run)
    else:
        fitted = fit(learner, lesson.phase, lesson.objective, batches, watch, run)
    model = build_network(spec)
    model.load_state_dict(fitted.weights)
    run.compute.place(model).eval()
    if lesson.outlining.settle_norms:
        settle_norms(model, embryos.arrays, embryos.paired("train"), run.compute, run.seed)
    validation = {k: round(v, 6) for k, v in validate(model).items() if math.isfinite(v)}
    facts = {
        "init": asdict(origin),
        "validation": validation,
        "train_images": steps.counts(),
        "image_passes": run.epochs * steps.passes(),
        "descent": lesson.objective.descent,
    }
    return Trained(model, fitted.history, {**facts, **described(fitted, lesson.phase, run)})


def _fit_in_class(
    learner: AttnRegDeepLab, lesson: Lesson, batches: EmbryoBatches, watch: Watch, run: Run
) -> Fitted:
    assert lesson.teacher is not None
    unmasked = lesson.phase.batch["unmasked"] if "unmasked" in batches.steps.pools else 0
    ramp_steps = lesson.teacher.ramp_epochs * len(batches)
    classroom = run.compute.place(Classroom(learner, lesson.teacher, unmasked, ramp_steps))
    fitted = fit(classroom, in_class(lesson.phase), lesson.objective, batches, watch, run)
    return replace(fitted, weights=graduate(fitted.weights))


def _probe(batches: EmbryoBatches, lesson: Lesson, run: Run) -> Measure:
    if not lesson.conflict_batches:
        return nothing
    return gradient_probe(batches, lesson.phase, run, lesson.conflict_batches)


def _validate(embryos: Embryos, run: Run) -> Callable[[nn.Module], dict[str, float]]:
    chunks = in_chunks(embryos.paired("val"), FORWARD_BATCH)

    def batches() -> Iterator[Batch]:
        return (load_batch(embryos, chunk) for chunk in chunks)

    return lambda model: mean_scores(model, batches(), run.compute)
