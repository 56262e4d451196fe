import pytest

from ivfgrade.comparison.verdicts import (
    judge_at_least,
    judge_border,
    judge_direction,
    judge_same,
)
from ivfgrade.evaluation.bootstrap import Interval


def interval(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high)


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (0.0001, 0.03, "holds"),
        (0.0, 0.03, "cannot tell"),  # 0 is inside
        (-0.0001, 0.0061, "cannot tell"),
        (-0.0001, 0.006, "cannot tell"),  # half of the claim is inside
        (-0.0001, 0.0059, "does not hold"),
        (-0.03, 0.0, "does not hold"),  # no 0 excluded, but half of the claim
        (-0.03, -0.0001, "does not hold"),
    ],
)
@pytest.mark.parametrize("direction", [1, -1])
def test_a_claimed_effect_of_12_thousandths(low, high, answer, direction):
    ends = sorted((direction * low, direction * high))
    assert judge_direction(interval(*ends), direction, 0.012).answer == answer


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (0.0001, 1, "holds"),
        (0, 1, "cannot tell"),
        (-1, 0, "cannot tell"),
        (-1, -0.0001, "does not hold"),
    ],
)
@pytest.mark.parametrize("direction", [1, -1])
def test_a_direction_without_a_number_has_no_half(low, high, answer, direction):
    ends = sorted((direction * low, direction * high))
    assert judge_direction(interval(*ends), direction, None).answer == answer


def test_a_sure_effect_below_half_of_the_claim_holds_and_says_so():
    small = judge_direction(interval(0.001, 0.004), 1, 0.012)
    assert small.answer == "holds"
    assert "under half of the paper's 0.012" in small.why
    assert "half" not in judge_direction(interval(0.001, 0.007), 1, 0.012).why


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (-0.0049, 0.0049, "holds"),
        (0.001, 0.0049, "holds"),  # a certain difference, too small to matter
        (-0.005, 0.0, "cannot tell"),
        (0.004, 0.006, "cannot tell"),
        (0.005, 0.006, "cannot tell"),
        (0.0051, 0.006, "does not hold"),
        (-0.006, -0.0051, "does not hold"),
        (-1, 1, "cannot tell"),  # includes 0 and shows no equality
    ],
)
def test_equality_within_5_thousandths(low, high, answer):
    assert judge_same(interval(low, high), 0.005).answer == answer


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (-0.0049, 0.02, "holds"),
        (-0.0049, -0.0001, "holds"),  # certainly lower, and tolerated
        (-0.005, 0.02, "cannot tell"),
        (-0.0051, -0.0001, "cannot tell"),  # nearly all of it is tolerated
        (-0.02, -0.005, "cannot tell"),
        (-0.02, -0.0051, "does not hold"),
    ],
)
def test_no_lower_but_for_5_thousandths(low, high, answer):
    assert judge_at_least(interval(low, high), 0.005).answer == answer


@pytest.mark.parametrize(
    ("low", "high", "direction", "answer"),
    [
        (0.76, 0.9, 1, "holds"),
        (0.75, 0.9, 1, "cannot tell"),
        (0.5, 0.74, 1, "does not hold"),
        (0.5, 0.74, -1, "holds"),
        (0.76, 0.9, -1, "does not hold"),
    ],
)
def test_a_measure_against_a_border(low, high, direction, answer):
    assert judge_border(interval(low, high), 0.75, direction).answer == answer


def test_reasons_quote_the_interval():
    assert "-0.0100 to +0.0200" in judge_direction(interval(-0.01, 0.02), 1, 0.012).why
    assert "margin of 0.00001" in judge_same(interval(0, 0), 0.00001).why
    assert "0.500 to 0.740" in judge_border(interval(0.5, 0.74), 0.75, 1).why
