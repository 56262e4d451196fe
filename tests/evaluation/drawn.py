"""A test set of drawn embryos, and answers of known quality to it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.evaluation.params import EvaluateParams
from ivfgrade.fragmentation.scoring import Predictions
from ivfgrade.fragmentation.spec import Regressor, Segmenter
from ivfgrade.grading import GradingScheme

SIZE = 40
SCHEME = GradingScheme("s1-abcd", 1, ("A", "B", "C", "D"), (0.0, 0.1, 0.25, 0.5, 1.0))
PARAMS = EvaluateParams(
    boundary_tolerance_px=2.0,
    fragment_diameter_px=(6.0, 12.0),
    found_coverage=0.5,
    bootstrap_samples=200,
    confidence=0.95,
    reliability_bins=10,
    images_per_row=3,
)
SEGMENTER = Segmenter(gate="attention", gate_bias=2.0, aspp_rates=(2,), aspp_dropout=0.1)
REGRESSOR = Regressor("multi_scale", 0.3, "concat", detach_injection=True)


def embryo(fragment_rows: int) -> np.ndarray:
    """A 20 x 20 embryo at (10, 10) whose first rows are fragment: S S 2."""
    masks = np.zeros((SIZE, SIZE, 2), np.uint8)
    masks[10:30, 10:30, 1] = 1
    masks[10 : 10 + fragment_rows, 10:30, 0] = 1
    return masks


# split, patient, supervision, rows of 20 that are fragment, grade that a person gave
IMAGES = [
    ("test", "p1", "paired", 4, "B"),
    ("test", "p1", "paired", 0, "A"),
    ("test", "p2", "paired", 12, "C"),
    ("test", "p2", "paired", 1, ""),
    ("test", "p3", "paired", 6, "C"),
    ("test", "p3", "weak", 8, "A"),
    ("train", "p4", "paired", 1, "A"),
    ("train", "p4", "paired", 3, "B"),
    ("train", "p5", "paired", 5, "B"),
]


def drawn_arrays() -> Arrays:
    masks = np.stack([embryo(rows) for *_, rows, _ in IMAGES])
    noise = np.random.default_rng(0).integers(0, 255, (len(IMAGES), SIZE, SIZE, 3), np.uint8)
    hidden = np.array([kind != "paired" for _, _, kind, *_ in IMAGES])
    masks[hidden] = 0
    rows = [
        {
            "image": f"{index}.png",
            "patient": patient,
            "site": "s",
            "stage": "4",
            "split": split,
            "supervision": kind,
            "grade": grade,
            "ratio": rows / 20 if kind == "paired" else np.nan,
            "ratio_source": "outline" if kind == "paired" else "",
            "embryo_source": "given" if kind == "paired" else "none",
            "sha256": f"{index:064x}",
        }
        | {"height": SIZE, "width": SIZE, "inner_height": SIZE, "inner_width": SIZE}
        | {"top": 0, "left": 0}
        for index, (split, patient, kind, rows, grade) in enumerate(IMAGES)
    ]
    return Arrays(noise, masks, pd.DataFrame(rows), SIZE)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Answers:
    """Predictions that outline exactly so many rows of each test image."""

    rows: tuple[int, ...] = (4, 0, 12, 1, 6, 8)
    direct: tuple[float, ...] = (0.2, 0.0, 0.6, 0.05, 0.3, 0.4)

    def predictions(self) -> Predictions:
        masks = np.stack([embryo(rows) for rows in self.rows]).astype(np.float16)
        return Predictions(
            indices=np.arange(len(self.rows)),
            outlined=True,
            fragment_logit=(masks[..., 0] * 40 - 20).astype(np.float16),
            embryo=masks[..., 1],
            direct=np.asarray(self.direct),
            soft=np.asarray(self.rows) / 20,
        )
