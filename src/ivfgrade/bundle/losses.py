"""What a variant costs and gains: Dice and ratio error beside fp32's on the same pictures, seconds
of one picture, megabytes. It may be used where it loses no more than the declared limits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from tqdm import tqdm

from ivfgrade.bundle.labelled import truth_of
from ivfgrade.bundle.params import Limits
from ivfgrade.bundle.precisions import FULL
from ivfgrade.dataset.contract import Sample
from ivfgrade.dataset.images import read_image, read_mask
from ivfgrade.evaluation.metrics import dice
from ivfgrade.provenance import machine

OUTPUTS = ("ratio", "fragment_mask", "refused")


@dataclass(frozen=True)
class Verdict:
    promoted: bool
    why: str  # not; empty where it is
    measured: Mapping[str, Any]

    def told(self) -> str:
        of = self.measured
        return (
            f"{of['megabytes']:.0f} MB, {of['times_fp32_rate']:.2f} times the rate of fp32, Dice "
            f"{of['dice']:.4f}, mean absolute error {of['mae']:.4f}; {self.why or 'may be used'}"
        )


def measured_side_by_side(
    sessions: Mapping[str, onnxruntime.InferenceSession], samples: Iterable[Sample], root: Path
) -> pd.DataFrame:
    """One line per picture and variant; they take turns, so that a busy machine slows all alike."""
    lines = []
    for sample in tqdm(list(samples), desc="compare variants", unit="image"):
        picture = read_image(sample.image_path(root))
        marked = sample.fragment_path(root)
        truth = None if marked is None else read_mask(marked, picture.shape).pixels
        ratio = truth_of(sample, root)
        for name, session in sessions.items():
            begun = time.perf_counter()
            found, mask, refused = session.run(OUTPUTS, {"pixels": picture[None]})
            seconds = time.perf_counter() - begun
            drawn = mask[0] > 0
            score = np.nan if truth is None else dice(drawn, truth, np.ones_like(drawn))
            lines.append({"image": sample.image, "variant": name, "seconds": seconds,
                          "ratio": float(found[0]), "error": abs(float(found[0]) - ratio),
                          "dice": score, "refused": tuple(map(bool, refused[0]))})  # fmt: skip
    return pd.DataFrame(lines)


def verdict(table: pd.DataFrame, variant: str, megabytes: float, limits: Limits) -> Verdict:
    """`table` as `measured_side_by_side` made it, FULL among the variants."""
    own, full = (table[table["variant"] == name].set_index("image") for name in (variant, FULL))
    lost_dice = float((full["dice"] - own["dice"]).mean())  # of the same images, NaN left out
    lost_mae = float((own["error"] - full["error"]).mean())
    refused = float((own["refused"] != full["refused"]).mean())
    measured = {
        "images": len(own),
        "dice": float(own["dice"].mean()),
        "mae": float(own["error"].mean()),
        "dice_lost": lost_dice,
        "mae_lost": lost_mae,
        "largest_ratio_difference": float((own["ratio"] - full["ratio"]).abs().max()),
        "refused_differently": refused,
        "latency_ms": 1000 * float(own["seconds"].median()),
        "times_fp32_rate": float(full["seconds"].median() / own["seconds"].median()),
        "megabytes": megabytes,
        "machine": machine(),
    }
    too_much = [
        f"{what} is worse by {lost:.4f}, {limit:g} is allowed"
        for what, lost, limit in (
            ("Dice", lost_dice, limits.dice),
            ("the ratio's mean absolute error", lost_mae, limits.mae),
            ("the share of pictures that it refuses otherwise", refused, limits.refused),
        )
        if not lost <= limit  # NaN, of which nobody knows, is too much
    ]
    return Verdict(not too_much, "; ".join(too_much), measured)
