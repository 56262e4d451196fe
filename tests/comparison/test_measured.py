from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.ladder import ladder
from ivfgrade.comparison.ledger import Entry, ledger
from ivfgrade.comparison.ledger_text import ledger_text
from ivfgrade.comparison.measured import mean_cosine, measure
from ivfgrade.comparison.trials import Trial
from ivfgrade.errors import InputError
from ivfgrade.evaluation.bootstrap import Interval
from ivfgrade.focus.summary import verdict
from ivfgrade.heat_words import CHANGES
from tests.comparison.made import BOOTSTRAP, a_trial, another, row, study, truth

AUC = {"value": 0.6, "low": 0.5, "high": 0.7, "images": 40, "patients": 12,
       "by": "linear classifier", "grades": {"A": 30, "D": 10}}  # fmt: skip


def history(*cosines: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"epoch": range(len(cosines)), "train_bce": 1.0, "conflict_stem": cosines,
         "conflict_layer4": cosines, "conflict_stem_ratio": 9.0, "conflict_stem_mean": 7.0}
    )  # fmt: skip


def trial(seed: int, fold: int | None = None, **histories: pd.DataFrame) -> Trial:
    return a_trial(seed, fold, {"C": row(truth(), seed)}, histories=histories)


def test_mean_over_layers_and_epochs_that_were_measured():
    table = history(-0.2, np.nan, 0.4)
    assert mean_cosine(table) == pytest.approx(0.1)
    assert np.isnan(mean_cosine(table[["epoch", "train_bce"]]))


def test_student_interval_over_trainings():
    cosines = {1: -0.1, 2: -0.3, 3: -0.2}
    made = [
        trial(seed, C=history(cosine), E=history(2 * cosine)) for seed, cosine in cosines.items()
    ]
    found = measure(made, BOOTSTRAP)
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
    found = measure([trial(1, C=history(-0.1))], BOOTSTRAP)
    assert isinstance(found["conflict_C"], Missing)
    assert found["conflict_C"].value == pytest.approx(-0.1)
    assert isinstance(found["conflict_E"], Missing)
    assert found["conflict_E"].reason == "no gradient cosine was logged for E"


def test_folds_of_one_seed_are_one_training():
    """They share most of their images, so that five of them are no five witnesses."""
    cosines = {(1, 0): -0.1, (1, 1): -0.3, (2, 0): -0.4, (2, 1): -0.6}
    made = [trial(seed, fold, C=history(cosine)) for (seed, fold), cosine in cosines.items()]
    conflict = measure(made, BOOTSTRAP)["conflict_C"]
    assert isinstance(conflict, Finding)
    textbook = ttest_1samp([-0.2, -0.5], 0).confidence_interval(0.95)
    assert (conflict.interval.low, conflict.interval.high) == pytest.approx(
        (textbook.low, textbook.high)
    )
    assert conflict.by_seed == pytest.approx({1: -0.2, 2: -0.5})
    alone = measure(made[:2], BOOTSTRAP)["conflict_C"]
    assert alone == Missing("one training seed of C gives no interval", pytest.approx(-0.2))


def with_textures(*entries: dict) -> list[Trial]:
    return [
        replace(trial(seed), texture={"measured": {"glcm_auc_a_d": entry}})
        for seed, entry in enumerate(entries, start=1)
    ]


def test_texture_is_handed_in_with_its_interval():
    made = trial(1)
    measured = {"measured": {"glcm_auc_a_d": AUC, "lbp_auc_d": {**AUC, "value": None}}}
    with_texture = replace(another(made, training_seed=2), texture=measured)
    found = measure([made, with_texture], BOOTSTRAP)
    glcm = found["glcm_auc_a_d"]
    assert isinstance(glcm, Finding)
    assert (glcm.interval.low, glcm.basis.images, glcm.basis.patients) == (0.5, 40, 12)
    assert glcm.note == "linear classifier; images: 30 of A, 10 of D"
    assert isinstance(found["lbp_auc_d"], Missing)
    assert isinstance(found["lbp_auc_abc"], Missing)
    judged = study([with_texture])
    entries = {e.claim.id: e.verdict.answer for e in ledger(judged)}
    assert entries["glcm-overlaps"] == "holds"
    assert entries["lbp-finds-extremes"] == "cannot tell"
    page = ledger_text(judged, ledger(judged), ladder(judged))
    assert "0.600 (0.500 to 0.700) [linear classifier; images: 30 of A, 10 of D]" in page


def test_texture_of_several_trials_claims_no_narrower_interval():
    made = with_textures(AUC, {**AUC, "value": 0.8, "low": 0.6, "high": 0.9})
    glcm = measure(made, BOOTSTRAP)["glcm_auc_a_d"]
    assert isinstance(glcm, Finding)
    assert vars(glcm.interval) == pytest.approx({"value": 0.7, "low": 0.5, "high": 0.9})
    assert glcm.by_seed == pytest.approx({1: 0.6, 2: 0.8})
    assert glcm.basis.text() == "2 training seeds, single split"
    assert glcm.note.startswith("training seed 1, single split: 0.600 (linear classifier; images:")
    assert "; training seed 2, single split: 0.800 (" in glcm.note
    one_unknown = measure(with_textures(AUC, {**AUC, "value": None}), BOOTSTRAP)["glcm_auc_a_d"]
    assert isinstance(one_unknown, Finding)
    assert one_unknown.interval.value == 0.6


@pytest.mark.parametrize(
    ("patients", "few"),
    [
        ({"patients_by_class": {"A": 20, "D": 6}}, None),
        ({"patients_by_class": {"A": 20, "D": 5}}, "D in training seed 1, single split: 5"),
        ({"patients": 6}, None),  # an older file
        ({"patients": 5}, "all classes in training seed 1, single split: 5"),
    ],
)
def test_a_class_of_few_patients_shows_nothing(patients, few):
    """However many images they have."""
    made = with_textures({**AUC, **patients})
    found = measure(made, BOOTSTRAP)["glcm_auc_a_d"]
    answers = {e.claim.id: e.verdict.answer for e in ledger(study(made))}
    if few is None:
        assert isinstance(found, Finding)
        assert answers["glcm-overlaps"] == "holds"
    else:
        reason = f"patients of {few}, too few for an interval"
        assert found == Missing(reason, pytest.approx(0.6))
        assert answers["glcm-overlaps"] == "cannot tell"


def test_one_trial_of_few_patients_has_no_bound_to_lend():
    few = {**AUC, "patients_by_class": {"A": 4, "D": 3}}
    found = measure(with_textures(AUC, few), BOOTSTRAP)["glcm_auc_a_d"]
    assert isinstance(found, Missing)
    assert "A in training seed 2, single split: 4, D in training seed 2" in found.reason


def test_an_incomplete_measure_is_an_error():
    made = a_trial(1, None, trial(1).rows, texture={"measured": {"lbp_auc_d": {"value": 0.6}}})
    with pytest.raises(InputError, match="lbp_auc_d of training seed 1, .* lacks low, high"):
        measure([made], BOOTSTRAP)


SAME = {"verdict": "the map stays the same",
        "rank_correlation": {"value": 0.62, "low": 0.55, "high": 0.7}}  # fmt: skip
CHANGED = {**SAME, "verdict": CHANGES}


def looking(*controls: tuple[str, dict]) -> Trial:
    """B2 looks less at fragments than C and D; with the controls of these rows."""
    tables = {
        name: row(truth(), index).assign(heat_on_fragments=heat + 0.01 * np.arange(len(truth())))
        for index, (name, heat) in enumerate({"B2": 1.0, "C": 3.0, "D": 2.0}.items())
    }
    found = {row: {"gradcam_pp": {"control": {"head": control}}} for row, control in controls}
    return a_trial(2, None, tables, heat_controls=found)


def look(*controls: tuple[str, dict]) -> Entry:
    entries = {e.claim.id: e for e in ledger(study([looking(*controls)]))}
    return entries["regression-looks-elsewhere"]


def test_heat_maps_that_change_are_compared_like_any_score():
    entry = look(("B2", CHANGED), ("C", CHANGED), ("D", CHANGED))
    assert entry.verdict.answer == "holds"
    values = [part.found.interval.value for part in entry.parts if isinstance(part.found, Finding)]
    assert values == pytest.approx([-2, -1])


@pytest.mark.parametrize("verdict", ["the map stays the same", "cannot tell"])
def test_heat_maps_that_may_stay_the_same_carry_no_claim(verdict):
    entry = look(("B2", {**SAME, "verdict": verdict}), ("C", CHANGED), ("D", CHANGED))
    assert entry.verdict.answer == "cannot tell"
    assert (
        "the heat map of B2 is not shown to change when the head is redrawn, in 1 of 1 trials "
        "(training seed 2, single split: rank correlation 0.62, 0.55 to 0.70)" in entry.verdict.why
    )
    assert all(isinstance(part.found, Finding) for part in entry.parts)  # the numbers are shown


def test_one_comparison_without_a_control_is_open():
    entry = look(("B2", CHANGED), ("C", CHANGED))
    assert [part.verdict.answer for part in entry.parts] == ["holds", "cannot tell"]
    assert "the heat map of D has no randomisation control" in entry.verdict.why


def test_one_trial_whose_map_stays_the_same_is_enough():
    good = looking(("B2", CHANGED), ("C", CHANGED), ("D", CHANGED))
    bad = replace(another(good, training_seed=3), heat_controls=looking(
        ("B2", SAME), ("C", CHANGED), ("D", CHANGED)).heat_controls)  # fmt: skip
    entries = {e.claim.id: e for e in ledger(study([good, bad]))}
    entry = entries["regression-looks-elsewhere"]
    assert entry.verdict.answer == "cannot tell"
    assert "in 1 of 2 trials (training seed 3, single split: rank" in entry.verdict.why


def test_the_control_is_read_in_the_words_of_the_stage_that_wrote_it():
    assert verdict(Interval(0.3, 0.2, 0.4), same_map=0.5) == CHANGES
