"""Which gradients of a joint training are compared, where, and on which images."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ivfgrade.fragmentation.losses import TASKS, TERMS
from ivfgrade.training.conflict import Probe
from ivfgrade.training.loop import Batches, Run
from ivfgrade.training.phase import Phase

RIVALS = {task: TASKS[task] for task in ("segmentation", "regression")}
BACKBONE_LAYERS = {
    "stem": r"backbone\.(conv1|bn1)\..*",
    "layer1": r"backbone\.layer1\..*",
    "layer2": r"backbone\.layer2\..*",
    "layer3": r"backbone\.layer3\..*",
    "layer4": r"backbone\.layer4\..*",
}


def gradient_probe(batches: Batches, phase: Phase, run: Run, count: int) -> Probe:
    """On the first `count` batches of an epoch that is never trained: training images from views
    that the training does not show, and the same ones at every look."""

    def fixed() -> Iterator[Any]:
        return islice(batches.epoch(run.epochs), count)

    return Probe(TERMS, phase.losses, RIVALS, BACKBONE_LAYERS, fixed, run.compute)
