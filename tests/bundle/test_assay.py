"""An assay by hand: few pictures, of which everything can be counted."""

import numpy as np
import pandas as pd
import pytest

from ivfgrade.bundle.assay import assay
from ivfgrade.bundle.assay_text import told
from ivfgrade.evaluation.bootstrap import Bootstrap
from tests.bundle.made import SCHEME

INTERVAL = {"confidence": 0.9, "constant_width": 0.5}
BY = Bootstrap(samples=200, confidence=0.95, seed=0)
NONE = {
    "ratio": 0.0,
    "ratio_low": 0.0,
    "ratio_high": 0.0,
    "grade": 0,
    "grade_low": 0,
    "grade_high": 0,
}


def line(patient: int, truth: float, low: float, high: float, refused: str = "") -> dict:
    low_grade, grade, high_grade = (
        int(SCHEME.grade_index(value)) for value in (low, (low + high) / 2, high)
    )
    return {"patient": str(patient), "defect": "", "truth": truth, "ratio": (low + high) / 2,
            "ratio_low": low, "ratio_high": high, "grade": grade, "grade_low": low_grade,
            "grade_high": high_grade, "refused": refused}  # fmt: skip


def defective(defect: str, refused: str) -> dict:
    return {
        **NONE,
        "patient": f"x{defect}{refused}",
        "defect": defect,
        "truth": np.nan,
        "refused": refused,
    }


GOOD = [
    line(0, 0.05, 0.00, 0.08),  # A: covered, set {A}
    line(0, 0.09, 0.00, 0.08),  # A: not covered, set {A} holds A all the same
    line(1, 0.20, 0.05, 0.30),  # B: covered, set {A, B, C}
    line(1, 0.60, 0.10, 0.30),  # D: not covered, set {B, C}
    line(2, 0.30, 0.20, 0.40),  # C: covered, set {B, C}
    line(2, 0.30, 0.20, 0.40, "defocused"),  # refused: counts for nothing else
]
BAD = [
    defective("defocus", "defocused"),
    defective("saturation", "saturated no_embryo"),
    defective("empty", "no_embryo"),
    defective("two_embryos", ""),
]


@pytest.fixture(scope="module")
def found() -> dict:
    return assay(pd.DataFrame(GOOD + BAD), SCHEME, INTERVAL, BY)


def test_coverage_is_of_what_is_answered(found):
    assert (found["good"], found["answered"], found["patients"]) == (6, 5, 3)
    assert found["coverage"]["value"] == pytest.approx(3 / 5)
    assert found["coverage"]["low"] <= 3 / 5 <= found["coverage"]["high"]
    by_grade = {
        grade: (one["embryos"], one["value"]) for grade, one in found["coverage_by_grade"].items()
    }
    assert by_grade == {"A": (2, 0.5), "B": (1, 1.0), "C": (1, 1.0), "D": (1, 0.0)}


def test_width_stands_beside_what_a_constant_needs(found):
    width = found["width"]
    assert width["median"] == pytest.approx(np.median([0.08, 0.08, 0.25, 0.2, 0.2]))
    truth = np.array([0.05, 0.09, 0.2, 0.3, 0.6])
    half = np.quantile(np.abs(truth - 0.2), 0.9)
    assert half > 0.2
    assert width["constant_round_median"] == pytest.approx(0.2 + half)  # it ends at 0, as ours do
    assert width["constant_shortest"] == pytest.approx(0.55)  # 90 % of five are all five
    assert width["times_constant"] == pytest.approx(0.2 / INTERVAL["constant_width"])
    assert width["times_constant_shortest"] == pytest.approx(0.2 / 0.55)


def test_refusals_are_counted_by_defect_and_reason(found):
    assert found["refused_good"]["value"] == pytest.approx(1 / 6, abs=1e-6)
    shares = {defect: one["value"] for defect, one in found["refused"].items()}
    assert shares == {"defocus": 1.0, "saturation": 1.0, "empty": 1.0, "two_embryos": 0.0}
    assert found["refused"]["saturation"]["reasons"] == {"saturated": 1, "no_embryo": 1}


def test_grade_sets_hold_the_true_grade_or_not(found):
    assert found["grade_sets"]["holds_the_true_grade"]["value"] == pytest.approx(4 / 5)
    assert found["grade_sets"]["share_by_size"] == {"1": 0.4, "2": 0.4, "3": 0.2}


def test_promises_are_kept_or_broken_one_by_one(found):
    assert found["promises"] == {
        "coverage.low >= 0.87": False,
        "width.times_constant <= 0.5": True,
        "refused_good.value <= 0.02": False,
        "refused.defocus.value >= 0.9": True,
        "refused.two_embryos.value >= 0.9": False,
        "refused.saturation.value >= 0.9": True,
        "refused.empty.value >= 0.9": True,
    }
    text = told(found)
    assert text.count("BROKEN") == 3
    assert "interval covers 60.0 %" in text


def test_a_grade_that_no_embryo_has_is_told_as_nothing():
    without_c = [one for one in GOOD if SCHEME.grade_index(one["truth"]) != 2]
    text = told(assay(pd.DataFrame(without_c + BAD), SCHEME, INTERVAL, BY))
    assert "grade C: nothing of 0" in text
