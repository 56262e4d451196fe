from dataclasses import replace

import numpy as np
import pytest

from ivfgrade.evaluation.per_image import Grader, fragment_scores, masked, score_images
from ivfgrade.fragmentation.calibration import Calibration
from tests.evaluation.drawn import SCHEME, Answers


def test_perfect_answers_score_perfectly(arrays, grader):
    images = score_images(arrays, Answers().predictions(), grader)
    assert images["image"].tolist() == [f"{index}.png" for index in range(6)]
    for ratio in ("direct", "hard", "soft", "fused", "reported"):
        assert images[f"error_{ratio}"].max() == pytest.approx(0, abs=1e-6)
    assert images["dice"].dropna().tolist() == [1, 1, 1, 1]
    assert images["grade"].tolist() == ["B", "A", "D", "A", "C", ""]
    assert images["predicted_grade"].tolist() == ["B", "A", "D", "A", "C", "C"]


def test_a_threshold_is_not_rounded_to_the_type_of_the_logits():
    logits = np.array([-0.6196, -0.619, 0.0], np.float16)  # 0.35 is -0.61904
    assert masked(logits, -0.61904).tolist() == (logits.astype(float) >= -0.61904).tolist()
    rounded = np.float16(-0.61904)
    assert float(rounded) < -0.61904
    assert not masked(np.array([rounded]), -0.61904)[0]


def test_an_empty_truth_has_a_false_alarm_rate_and_no_dice(arrays, grader):
    images = score_images(arrays, Answers(rows=(4, 2, 12, 1, 6, 8)).predictions(), grader)
    clean = images.iloc[1]
    assert np.isnan(clean["dice"])
    assert np.isnan(clean["iou"])
    assert clean["false_alarm"] == pytest.approx(2 * 20 / 40**2)


def test_a_weak_image_is_judged_by_its_grade_alone(arrays, grader):
    weak = score_images(arrays, Answers().predictions(), grader).iloc[5]
    assert weak["clinical_grade"] == "A"
    assert weak["interval_error"] == pytest.approx(0.4 - 0.1)
    assert np.isnan(weak["dice"])
    assert np.isnan(weak["error_direct"])


def test_an_image_nobody_graded_has_no_interval_error(arrays, grader):
    assert np.isnan(score_images(arrays, Answers().predictions(), grader)["interval_error"][3])


def test_reported_ratio_is_the_chosen_one(arrays, grader):
    calibration = Calibration(0.5, 1.0, 0.0, 0.0, weight_direct=0.5, weight_soft=0.5, images=3)
    fused = Grader(calibration, SCHEME, "fused", grader.params)
    answers = Answers(direct=(0.3, 0.0, 0.6, 0.05, 0.3, 0.4)).predictions()
    image = score_images(arrays, answers, fused).iloc[0]
    assert (image["direct"], image["hard"]) == (pytest.approx(0.3), pytest.approx(0.2))
    assert image["fused"] == image["reported"] == pytest.approx(0.25)
    assert image["predicted_grade"] == "C"
    assert image["bias"] == pytest.approx(0.05)


def test_all_embryo_baseline_calls_every_embryo_pixel_a_fragment(arrays, grader):
    images = score_images(arrays, Answers().predictions(), grader)
    assert images["all_embryo_dice"][0] == pytest.approx(2 * 4 / (4 + 20))


def test_fragments_come_from_paired_images_only(arrays, grader):
    fragments = fragment_scores(arrays, Answers().predictions(), grader)
    assert fragments["image"].tolist() == ["0.png", "2.png", "3.png", "4.png"]
    assert fragments["dice"].tolist() == [1, 1, 1, 1]
    assert fragments["diameter_px"][0] == pytest.approx(2 * np.sqrt(80 / np.pi))


def test_threshold_is_on_the_probability(grader):
    answers = Answers().predictions()
    doubtful = replace(answers, fragment_logit=np.full_like(answers.fragment_logit, 0.5))
    strict = replace(grader, calibration=replace(grader.calibration, mask_threshold=0.7))
    assert grader.masks(doubtful, 0)[0].all()
    assert not strict.masks(doubtful, 0)[0].any()  # logit(0.7) is 0.847
