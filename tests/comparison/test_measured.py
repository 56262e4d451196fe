import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.ledger import ledger
from ivfgrade.comparison.measured import mean_cosine, measure
from ivfgrade.comparison.trials import Trial
from ivfgrade.errors import InputError
from tests.comparison.made import row, study, truth

AUC = {"value": 0.6, "low": 0.5, "high": 0.7, "images": 40, "patients": 12}


def history(*cosines: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"epoch": range(len(cosines)), "train_bce": 1.0, "conflict_stem": cosines,
         "conflict_layer4": cosines, "conflict_stem_ratio": 9.0, "conflict_stem_mean": 7.0}
    )  # fmt: skip


def trial(seed: int, **histories: pd.DataFrame) -> Trial:
    return Trial(seed, None, {"C": row(truth(), seed)}, histories=histories)


def test_mean_over_layers_and_epochs_that_were_measured():
    table = history(-0.2, np.nan, 0.4)
    assert mean_cosine(table) == pytest.approx(0.1)
    assert np.isnan(mean_cosine(table[["epoch", "train_bce"]]))


def test_student_interval_over_trainings():
    cosines = {1: -0.1, 2: -0.3, 3: -0.2}
    made = [
        trial(seed, C=history(cosine), E=history(2 * cosine)) for seed, cosine in cosines.items()
    ]
    found = measure(made, 0.95)
    conflict = found["conflict_C"]
    assert isinstance(conflict, Finding)
    textbook = ttest_1samp(list(cosines.values()), 0).confidence_interval(0.95)
    assert (conflict.interval.low, conflict.interval.high) == pytest.approx(
        (textbook.low, textbook.high)
    )
    gap = found["conflict_C_minus_E"]
    assert isinstance(gap, Finding)
    assert gap.interval.value == pytest.approx(0.2)
    assert gap.basis.text() == "3 training seeds, single split"


def test_one_training_shows_its_cosine_without_an_interval():
    found = measure([trial(1, C=history(-0.1))], 0.95)
    assert isinstance(found["conflict_C"], Missing)
    assert found["conflict_C"].value == pytest.approx(-0.1)
    assert isinstance(found["conflict_E"], Missing)
    assert found["conflict_E"].reason == "no gradient cosine was logged for E"


def test_texture_is_handed_in_with_its_interval():
    made = trial(1)
    measured = {"measured": {"glcm_auc_a_d": AUC, "lbp_auc_d": {**AUC, "value": None}}}
    with_texture = Trial(1, None, made.rows, texture=measured)
    found = measure([made, with_texture], 0.95)
    glcm = found["glcm_auc_a_d"]
    assert isinstance(glcm, Finding)
    assert (glcm.interval.low, glcm.basis.images, glcm.basis.patients) == (0.5, 40, 12)
    assert isinstance(found["lbp_auc_d"], Missing)
    assert isinstance(found["lbp_auc_abc"], Missing)
    entries = {e.claim.id: e.verdict.answer for e in ledger(study([with_texture]))}
    assert entries["glcm-overlaps"] == "holds"
    assert entries["lbp-finds-extremes"] == "cannot tell"


def test_an_incomplete_measure_is_an_error():
    made = Trial(1, None, trial(1).rows, texture={"measured": {"lbp_auc_d": {"value": 0.6}}})
    with pytest.raises(InputError, match="lbp_auc_d of training seed 1, .* lacks low, high"):
        measure([made], 0.95)


def test_heat_maps_are_compared_like_any_score():
    tables = {
        name: row(truth(), index).assign(heat_on_fragments=heat + 0.01 * np.arange(len(truth())))
        for index, (name, heat) in enumerate({"B2": 1.0, "C": 3.0, "D": 2.0}.items())
    }
    entries = {e.claim.id: e for e in ledger(study([Trial(2, None, tables)]))}
    entry = entries["regression-looks-elsewhere"]
    assert entry.verdict.answer == "holds"
    values = [part.found.interval.value for part in entry.parts if isinstance(part.found, Finding)]
    assert values == pytest.approx([-2, -1])
