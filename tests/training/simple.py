"""The phase that tests of training vary: everything learns, from one loss."""

from ivfgrade.training.phase import Phase

PHASE = Phase(
    groups=((".*", 0.05),),
    losses={"square": 1.0},
    keep=("error", "min"),
    hold=None,
    batch={"points": 8},
    warmup_epochs=1.0,
    beta2=0.999,
    weight_decay=0.0,
    clip_norm=10.0,
)
