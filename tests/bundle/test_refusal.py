"""Limits of quality: where good pictures end, and what they find."""

import numpy as np
import pytest

from ivfgrade.bundle.refusal import ABOVE, MEASURES, REFUSALS, fit_limits, refused, sides

RNG = np.random.default_rng(0)
SIDES = {one.measure: one.side for one in REFUSALS}


def good(count: int = 2000) -> np.ndarray:
    return RNG.standard_normal((count, len(MEASURES)))


def planted(distance: float, count: int = 500) -> dict[str, np.ndarray]:
    """Each defect moves its own measures by so much, and no other."""
    made = {}
    for defect in {one.defect for one in REFUSALS}:
        moved = RNG.standard_normal((count, len(MEASURES)))
        for one in REFUSALS:
            if one.defect == defect:
                moved[:, MEASURES.index(one.measure)] += one.side * distance
        made[defect] = moved
    return made


def test_what_is_far_apart_is_parted_half_way():
    limits = fit_limits(good(), planted(20.0), 0.02)
    for limit, side in zip(limits, sides(), strict=True):
        assert 5 < side * limit < 15
    assert not refused(good(), limits).any()
    for defective in planted(20.0).values():
        assert refused(defective, limits).any(1).all()


def test_where_they_overlap_good_pictures_come_first():
    limits = fit_limits(good(), planted(1.0), 0.02)
    assert refused(good(20000), limits).any(1).mean() == pytest.approx(0.02, abs=0.01)


def test_a_measure_that_parts_all_leaves_its_share_to_the_others():
    """All but defocus are far apart, so that defocus alone may refuse two in a hundred."""
    defects = planted(40.0) | {"defocus": planted(1.0)["defocus"]}
    found = refused(good(20000), fit_limits(good(20000), defects, 0.02))
    assert found[:, MEASURES.index("defocus")].mean() == pytest.approx(0.02, abs=0.005)
    assert found.any(1).mean() == pytest.approx(0.02, abs=0.005)


def test_what_is_no_number_is_refused():
    measured = np.zeros((1, len(MEASURES)))
    measured[0, 1] = np.nan
    assert refused(measured, sides())[0].tolist() == [False, True, False, False, False]


def test_a_side_below_is_mirrored():
    limits = fit_limits(good(), planted(20.0), 0.02)
    below = [name for name in MEASURES if SIDES[name] != ABOVE]
    assert below
    for name in below:
        one = np.zeros((1, len(MEASURES)))
        one[0, MEASURES.index(name)] = limits[MEASURES.index(name)] - 0.1
        assert refused(one, limits)[0, MEASURES.index(name)]
