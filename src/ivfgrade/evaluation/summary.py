"""The numbers of the report, each with its patient-bootstrap interval, from the per-image table.

`headline` is the short table that people compare; the other methods ask the same questions of
parts of the test set. NaN (a question that does not arise in this data) becomes None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade.evaluation import agreement
from ivfgrade.evaluation.baselines import Baselines
from ivfgrade.evaluation.bootstrap import Bootstrap, Interval
from ivfgrade.evaluation.calibration_error import Reliability
from ivfgrade.evaluation.fragments import class_names, size_class
from ivfgrade.evaluation.params import EvaluateParams
from ivfgrade.evaluation.per_image import RATIOS
from ivfgrade.grading import GradingScheme

RULES = [
    "dice: mean over the paired images whose truth holds a fragment, valid pixels only; an image "
    "without fragments has no Dice, whatever is predicted: see false_alarms",
    "mask: fragment probability at or above the model's mask_threshold, embryo probability at or "
    "above 1/2, both before calibration",
    "ratio: fragment area / embryo area; 0 where no embryo is found",
    "grade: grade of the reported ratio against the grade of the true ratio",
    "fragments: connected pieces of the true mask by diameter of the disc of equal area, in "
    "pixels at network resolution; a predicted pixel belongs to the nearest true fragment",
    "intervals: percentiles over resamples of the test patients, each with all its images",
]
STRATA = ("grade", "stage", "site", "supervision", "ratio_source")
Numbers = dict[str, Any]


class Summary:
    """All figures of one test set; the bootstrap and the scheme are what they share."""

    def __init__(
        self, images: pd.DataFrame, scheme: GradingScheme, params: EvaluateParams, seed: int
    ) -> None:
        self.images, self.scheme, self.params = images, scheme, params
        self.bootstrap = Bootstrap(params.bootstrap_samples, params.confidence, seed)

    def headline(self) -> Numbers:
        known = _with_ratio(self.images)
        outlines = ("dice", "iou", "boundary_f1", "embryo_dice")
        masks = {name: self._mean(self.images, name) for name in outlines}
        errors = {f"mae_{name}": self._mean(known, f"error_{name}") for name in RATIOS}
        return {
            **masks,
            **errors,
            "mae_reported": self._mean(known, "error_reported"),
            "bias_reported": self._mean(known, "bias"),
            **self._grading(known, "grade"),
        }

    def calibration(self, raw: Reliability, calibrated: Reliability) -> Numbers:
        """What recalibrating the fragment probability does to pixels and to the soft ratio."""
        known = _with_ratio(self.images)
        return {
            "pixel_error_as_trained": as_number(raw.expected_error()),
            "pixel_error_calibrated": as_number(calibrated.expected_error()),
            "mae_soft_as_trained": self._mean(known, "error_soft_uncalibrated"),
        }

    def baselines(self, baselines: Baselines) -> Numbers:
        """The same questions answered without looking at the image."""
        known = _with_ratio(self.images)
        usual = known.assign(predicted_grade=baselines.usual_grade)
        names = ("constant", "constant_hindsight", "grade_oracle")
        by_chance = self._grading(usual, "grade")
        return {
            **{f"mae_{name}": self._mean(known, f"error_{name}") for name in names},
            "mae_relative_to_constant_hindsight": self._relative(known, "constant_hindsight"),
            "mae_relative_to_grade_oracle": self._relative(known, "grade_oracle"),
            "grade_accuracy_most_frequent": by_chance["grade_accuracy"],
            "within_one_most_frequent": by_chance["within_one"],
            "dice_all_embryo": self._mean(self.images, "all_embryo_dice"),
            "dice_empty_mask": 0.0,
        }

    def false_alarms(self) -> Numbers:
        """The images without any fragment: how many stay clean, how much is outlined in them."""
        clean = self.images[self.images["false_alarm"].notna()]
        quiet = (clean["false_alarm"] == 0).astype(float)
        strict = self.images["dice"].where(~(self.images["false_alarm"] > 0), 0.0)
        return {
            "images": len(clean),
            "images_with_any": int((clean["false_alarm"] > 0).sum()),
            "specificity": self._interval(quiet, clean),
            "outlined_share_of_image": self._mean(clean, "false_alarm"),
            "dice_if_a_false_alarm_counts_zero": self._interval(strict, self.images),
        }

    def weak(self) -> Numbers:
        """Images of which only a person's grade is known."""
        weak = self.images[self.images["supervision"] == "weak"]
        return {
            "images": len(weak),
            "interval_error": self._mean(weak, "interval_error"),
            "inside_interval": self._interval((weak["interval_error"] == 0).astype(float), weak),
            **self._grading(weak, "clinical_grade"),
        }

    def clinical(self) -> Numbers:
        """Every test image that a person graded, and how often that grade fits the true ratio."""
        graded = self.images[self.images["clinical_grade"] != ""]
        both = graded[graded["grade"] != ""]
        fits = (both["grade"] == both["clinical_grade"]).astype(float)
        return {
            "images": len(graded),
            **self._grading(graded, "clinical_grade"),
            "interval_error": self._mean(graded, "interval_error"),
            "label_fits_true_ratio": self._interval(fits, both),
        }

    def grades(self) -> Numbers:
        known = _with_ratio(self.images)
        matrices = self._confusions(known, "grade")
        recalls = {
            name: self._of_confusion(known, matrices, partial(_recall_of, grade=index))
            for index, name in enumerate(self.scheme.names)
        }
        return {"recall": recalls, "confusion": self.confusion().to_dict("index")}

    def confusion(self, truth: str = "grade") -> pd.DataFrame:
        """Counts; rows: grade of the true ratio or another column's, columns: predicted grade."""
        known = self.images[self.images[truth] != ""]
        total = self._confusions(known, truth).sum(0).astype(int)
        return pd.DataFrame(total, index=self.scheme.names, columns=self.scheme.names)

    def fragments(self, fragments: pd.DataFrame) -> Numbers:
        """Dice and recall of single fragments by their diameter."""
        borders = self.params.fragment_diameter_px
        of_class = size_class(fragments["diameter_px"].to_numpy(float), borders)
        numbers = {}
        for index, name in enumerate(class_names(borders)):
            inside = fragments[of_class == index]
            found = (inside["covered"] >= self.params.found_coverage).astype(float)
            numbers[name] = {
                "fragments": len(inside),
                "dice": self._mean(inside, "dice"),
                "recall": self._interval(found, inside),
            }
        return numbers

    def strata(self) -> Numbers:
        borders = self.params.fragment_diameter_px
        names = np.array([*class_names(borders), ""])
        median = self.images["median_fragment_px"].to_numpy(float)
        index = np.where(np.isnan(median), len(borders) + 1, size_class(median, borders))
        table = self.images.assign(median_fragment_px=names[index])
        return {
            f"by_{column}": {
                str(value): self._part(part)
                for value, part in table.groupby(column, sort=True)
                if str(value) != ""
            }
            for column in (*STRATA, "median_fragment_px")
        }

    def _part(self, part: pd.DataFrame) -> Numbers:
        names = {
            "dice": "dice",
            "mae_reported": "error_reported",
            "interval_error": "interval_error",
        }
        means = {name: self._mean(part, column) for name, column in names.items()}
        return {"images": len(part), "patients": int(part["patient"].nunique()), **means}

    def _grading(self, images: pd.DataFrame, truth: str) -> Numbers:
        matrices = self._confusions(images, truth)
        questions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
            "grade_accuracy": agreement.accuracy,
            "within_one": lambda matrix: agreement.within(matrix, 1),
            "kappa_quadratic": agreement.quadratic_kappa,
        }
        return {
            name: self._of_confusion(images, matrices, question)
            for name, question in questions.items()
        }

    def _confusions(self, images: pd.DataFrame, truth: str) -> np.ndarray:
        position = {name: index for index, name in enumerate(self.scheme.names)}
        true, predicted = (
            images[column].map(position).to_numpy(int) for column in (truth, "predicted_grade")
        )
        return agreement.confusion(true, predicted, len(position))

    def _of_confusion(
        self,
        images: pd.DataFrame,
        matrices: np.ndarray,
        question: Callable[[np.ndarray], np.ndarray],
    ) -> Numbers:
        grades = len(self.scheme.names)

        def statistic(sums: np.ndarray) -> np.ndarray:
            return question(sums.reshape(*sums.shape[:-1], grades, grades))

        flat = matrices.reshape(len(images), grades * grades)
        return plain(self.bootstrap.interval(flat, images["patient"].to_numpy(), statistic))

    def _relative(self, known: pd.DataFrame, baseline: str) -> Numbers:
        ours, theirs = (known[f"error_{n}"].to_numpy(float) for n in ("reported", baseline))
        return plain(self.bootstrap.ratio(ours, theirs, known["patient"].to_numpy()))

    def _mean(self, table: pd.DataFrame, column: str) -> Numbers:
        return self._interval(table[column], table)

    def _interval(self, values: pd.Series, table: pd.DataFrame) -> Numbers:
        return plain(self.bootstrap.mean(values.to_numpy(float), table["patient"].to_numpy()))


def _recall_of(matrix: np.ndarray, grade: int) -> np.ndarray:
    return agreement.recall(matrix)[..., grade]


def _with_ratio(images: pd.DataFrame) -> pd.DataFrame:
    return images[images["ratio"].notna()]


def plain(interval: Interval) -> Numbers:
    return {name: as_number(value) for name, value in asdict(interval).items()}


def as_number(value: float) -> float | None:
    """Six decimals are more than any figure here deserves; JSON has no NaN."""
    return round(float(value), 6) if np.isfinite(value) else None
