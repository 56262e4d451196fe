import json

import numpy as np
import pytest

from ivfgrade.evaluation.baselines import add_baselines, fit_baselines
from ivfgrade.evaluation.per_image import fragment_scores, score_images
from ivfgrade.evaluation.summary import Summary
from tests.evaluation.drawn import PARAMS, SCHEME, Answers

BASELINES = fit_baselines(np.array([0.05, 0.15, 0.25]), SCHEME)


def summary_of(arrays, grader, answers: Answers) -> Summary:
    images = score_images(arrays, answers.predictions(), grader)
    return Summary(add_baselines(images, BASELINES), SCHEME, PARAMS, seed=0)


@pytest.fixture
def perfect(arrays, grader) -> Summary:
    return summary_of(arrays, grader, Answers())


@pytest.fixture
def flawed(arrays, grader) -> Summary:
    """Half of the first image is missed, the clean image gets a false alarm, one grade is off."""
    rows, direct = (2, 5, 12, 1, 6, 8), (0.1, 0.25, 0.6, 0.05, 0.2, 0.4)
    return summary_of(arrays, grader, Answers(rows, direct))


def test_headline_of_perfect_answers(perfect):
    headline = perfect.headline()
    for name in ("dice", "iou", "boundary_f1", "grade_accuracy", "within_one", "kappa_quadratic"):
        assert headline[name]["value"] == 1
    for name in ("direct", "hard", "soft", "fused", "reported"):
        assert headline[f"mae_{name}"]["value"] == pytest.approx(0, abs=1e-6)


def test_headline_of_flawed_answers(flawed):
    headline = flawed.headline()
    assert headline["dice"]["value"] == pytest.approx((2 * 2 / 6 + 1 + 1 + 1) / 4)
    assert headline["mae_direct"]["value"] == pytest.approx((0.1 + 0.25 + 0.1) / 5)
    assert headline["bias_reported"]["value"] == pytest.approx((-0.1 + 0.25 - 0.1) / 5)
    assert headline["grade_accuracy"]["value"] == pytest.approx(3 / 5)
    assert headline["within_one"]["value"] == pytest.approx(4 / 5)
    assert headline["dice"]["low"] <= headline["dice"]["value"] <= headline["dice"]["high"]


def test_false_alarms_are_counted_apart_from_dice(flawed, perfect):
    alarms = flawed.false_alarms()
    assert (alarms["images"], alarms["images_with_any"]) == (1, 1)
    assert alarms["specificity"]["value"] == 0
    assert alarms["outlined_share_of_image"]["value"] == pytest.approx(5 * 20 / 1600)
    strict = alarms["dice_if_a_false_alarm_counts_zero"]["value"]
    assert strict == pytest.approx(flawed.headline()["dice"]["value"] * 4 / 5, abs=1e-5)
    assert perfect.false_alarms()["specificity"]["value"] == 1
    assert perfect.false_alarms()["images_with_any"] == 0


def test_baselines_stand_beside(flawed):
    numbers = flawed.baselines(BASELINES)
    # true ratios .2 0 .6 .05 .3: median .2
    assert numbers["mae_constant_hindsight"]["value"] == pytest.approx(0.85 / 5)
    assert numbers["mae_constant"]["value"] == pytest.approx(0.90 / 5)  # .15 from training
    assert numbers["mae_relative_to_constant_hindsight"]["value"] == pytest.approx(
        0.45 / 0.85, abs=1e-5
    )
    assert numbers["dice_empty_mask"] == 0


def test_weak_images_are_scored_by_grade_and_interval(flawed):
    weak = flawed.weak()
    assert weak["images"] == 1
    assert weak["interval_error"]["value"] == pytest.approx(0.3)
    assert weak["grade_accuracy"]["value"] == 0  # .4 is a C, the person said A


def test_clinical_grades_are_compared_with_the_true_ratio_too(flawed):
    clinical = flawed.clinical()
    assert clinical["images"] == 5
    assert clinical["label_fits_true_ratio"]["value"] == pytest.approx(3 / 4)  # .6 is no C


def test_recall_and_confusion(flawed):
    grades = flawed.grades()
    assert grades["recall"]["A"]["value"] == pytest.approx(1 / 2)
    assert grades["confusion"]["A"] == {"A": 1, "B": 0, "C": 1, "D": 0}


def test_fragments_by_size(arrays, grader, perfect):
    fragments = fragment_scores(arrays, Answers(rows=(4, 0, 12, 0, 6, 8)).predictions(), grader)
    numbers = perfect.fragments(fragments)
    # one row of 20 pixels is a disc of 5.05 px
    assert numbers["under_6"]["fragments"] == 1
    assert numbers["under_6"]["recall"]["value"] == 0
    assert numbers["from_12"]["recall"]["value"] == 1
    assert numbers["6_to_12"]["fragments"] == 1


def test_strata_cover_every_image_once(flawed):
    strata = flawed.strata()
    for name in ("by_stage", "by_site", "by_supervision"):
        assert sum(part["images"] for part in strata[name].values()) == 6
    assert strata["by_grade"]["A"]["images"] == 2
    assert strata["by_supervision"]["weak"]["dice"]["value"] is None


def test_everything_is_json_without_nan(flawed, arrays, grader):
    fragments = fragment_scores(arrays, Answers().predictions(), grader)
    parts = [
        flawed.headline(), flawed.baselines(BASELINES), flawed.weak(), flawed.false_alarms(),
        flawed.clinical(), flawed.grades(), flawed.strata(), flawed.fragments(fragments),
        flawed.fragments(fragments[:0]),
    ]  # fmt: skip
    written = json.dumps(parts, allow_nan=False)  # NaN would raise
    assert json.loads(written)[0]["dice"] == parts[0]["dice"]


def test_a_test_set_of_grades_only_has_no_dice(flawed):
    weak = flawed.images[flawed.images["supervision"] == "weak"]
    only = Summary(weak, SCHEME, PARAMS, seed=0)
    assert only.headline()["dice"] == {"value": None, "low": None, "high": None}
    assert only.weak()["images"] == 1
    json.dumps([only.baselines(BASELINES), only.grades(), only.strata()], allow_nan=False)
