"""A phase on images with and without masks, and the views that it is shown: what tests vary."""

from __future__ import annotations

from ivfgrade.fragmentation.spec import AugmentParams
from ivfgrade.training.phase import Phase

TURNED = AugmentParams(180.0, (0.9, 1.1), 0.05, 0.1, 0.1, 0.03, 0.03, 0.5, 0.01)
BOTH_KINDS = Phase(
    groups=((".*", 0.001),),
    losses={"dice": 1.0},
    keep=None,
    hold=None,
    batch={"paired": 2, "unmasked": 1},
    warmup_epochs=0.0,
    beta2=0.98,
    weight_decay=0.01,
    clip_norm=1.0,
)
