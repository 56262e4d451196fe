"""What phase 2 did to the outlines of phase 1: nothing worse, and no frozen tensor touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit

from ivfgrade.dataset.arrays import FRAGMENT, Arrays
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.evaluation.metrics import dice
from ivfgrade.evaluation.per_image import masked
from ivfgrade.evaluation.summary import plain
from ivfgrade.fragmentation.scoring import Predictions
from ivfgrade.training.checkpoints import load_weights
from ivfgrade.training.param_groups import changed


def compare_phases(
    arrays: Arrays,
    phase_1: Predictions,
    threshold: float,
    images: pd.DataFrame,
    bootstrap: Bootstrap,
) -> dict[str, Any]:
    """Dice on the same paired test images; `images` is the table of the final model. Each network
    is read at its own mask `threshold`."""
    paired = images[images["supervision"] == "paired"]
    before = np.array([_dice(arrays, phase_1, row, threshold) for row in range(len(paired))])
    after, patients = paired["dice"].to_numpy(float), paired["patient"].to_numpy()
    return {
        "dice_phase_1": plain(bootstrap.mean(before, patients)),
        "dice_phase_2": plain(bootstrap.mean(after, patients)),
        "dice_change": plain(bootstrap.mean(after - before, patients)),
    }


def _dice(arrays: Arrays, found: Predictions, row: int, threshold: float) -> float:
    index = found.indices[row]
    truth = arrays.masks[index][..., FRAGMENT] > 0
    outlined = masked(found.fragment_logit[row], float(logit(threshold)))
    return dice(outlined, truth, arrays.valid(index))


def frozen_tensors(phase_1: Path, model: Path) -> dict[str, Any]:
    """Everything that phase 1 stored, norm statistics included, is frozen in phase 2."""
    before, after = load_weights(phase_1), load_weights(model)
    lost = sorted(set(before) - set(after))
    kept = {name: tensor for name, tensor in before.items() if name in after}
    moved = [*lost, *changed(kept, after)]
    return {
        "frozen_tensors": len(before),
        "frozen_tensors_changed": len(moved),
        "changed_names": ", ".join(moved),
    }
