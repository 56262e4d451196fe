"""The graph's numbers as a record: a grade with its interval, or why there is none."""

import json

import numpy as np
import pytest

from ivfgrade.bundle.answers import answer, answers
from ivfgrade.bundle.manifest import Manifest
from tests.bundle.made import graph, manifest


@pytest.fixture(scope="module")
def described() -> Manifest:
    return manifest(graph())


def found(refused: tuple[bool, ...] = (False,) * 5) -> dict[str, np.ndarray]:
    """As the graph gives it for one picture."""
    numbers = {"ratio": 0.23456789, "ratio_low": 0.08, "ratio_high": 0.61}
    grades = {"grade": 1, "grade_low": 0, "grade_high": 3}
    return {
        "fragment_mask": np.eye(3, dtype=np.uint8),
        "embryo_mask": np.ones((3, 3), np.uint8),
        **{name: np.float32(value) for name, value in numbers.items()},
        **{name: np.int64(value) for name, value in grades.items()},
        "refused": np.array(refused),
    }


def test_a_graded_picture_has_all_grades_that_its_interval_touches(described):
    assert answer(found(), described).record() == {
        "status": "graded", "ratio": 0.234568, "ratio_low": 0.08, "ratio_high": 0.61,
        "grade": "B", "grades": ["A", "B", "C", "D"],
    }  # fmt: skip


def test_a_refused_picture_has_its_reasons_in_the_manifests_order_and_no_number(described):
    refused = answer(found((False, True, False, False, True)), described)
    assert refused.record() == {
        "status": "refused",
        "reasons": ["several_embryos", "uncertain_embryo"],
    }
    assert (refused.ratio, refused.grade, refused.grades) == (None, None, ())


def test_masks_are_true_and_false_at_the_pictures_size(described):
    one = answer(found(), described)
    assert one.fragment.dtype == one.embryo.dtype == bool
    assert (one.fragment.sum(), one.embryo.sum()) == (3, 9)


def test_a_record_is_json(described):
    record = answer(found(), described).record()
    assert json.loads(json.dumps(record)) == record


def test_a_batch_is_answered_one_by_one(described):
    pair = found(), found((True, False, False, False, False))
    batch = {name: np.stack([one[name] for one in pair]) for name in pair[0]}
    assert [one.record() for one in answers(batch, described)] == [
        answer(one, described).record() for one in pair
    ]


def test_other_reasons_than_the_manifests_are_not_guessed(described):
    with pytest.raises(ValueError, match="zip"):
        answer(found((False,) * 4), described)
