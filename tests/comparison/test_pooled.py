import numpy as np
import pytest

from ivfgrade.comparison.pooled import known, pooled
from ivfgrade.errors import InputError
from tests.comparison.made import IMAGES, SCHEME, a_trial, row, trials, truth


def test_one_line_per_image_over_seeds_and_folds():
    made = trials((2, 3), folds=2)
    table = pooled(made, "C", SCHEME)
    assert list(table["image"]) == list(truth(2 * IMAGES)["image"])
    assert (table["seeds"] == 2).all()
    image = table.set_index("image").loc["e005.png"]
    one, other = (t.rows["C"].set_index("image").loc["e005.png"] for t in (made[0], made[2]))
    assert image["dice"] == pytest.approx((one["dice"] + other["dice"]) / 2)
    assert image["error_direct"] == pytest.approx((one["error_direct"] + other["error_direct"]) / 2)


def test_grades_become_shares_of_the_seeds():
    made = trials((2, 3, 4))
    table = pooled(made, "C", SCHEME)
    shares = table[[f"share_{name}" for name in SCHEME.names]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(np.ones(len(table)))
    votes = [t.rows["C"]["predicted_grade"].iloc[7] for t in made]
    assert shares["share_B"].iloc[7] == pytest.approx(votes.count("B") / 3)


def test_what_does_not_arise_stays_empty():
    table = pooled(trials((2, 3)), "A", SCHEME)
    assert table["error_direct"].isna().all()
    assert (table["dice"].isna() == ~(truth()["ratio"] > 0)).all()
    assert (table["ratio"].isna() == truth()["ratio"].isna()).all()


def test_a_grade_outside_the_scheme_is_refused():
    table = row(truth(), 1).assign(predicted_grade="I")
    with pytest.raises(InputError, match="row C has the predicted_grade I"):
        pooled([a_trial(2, None, {"C": table})], "C", SCHEME)


def test_trivial_answers_come_from_whichever_row_has_them():
    regression_first = [a_trial(2, None, {"B1": row(truth(), 1, None), "C": row(truth(), 2)})]
    table = known(regression_first)
    assert table["all_embryo_dice"].mean() == pytest.approx(0.3)
    assert table["error_constant"].mean() == pytest.approx((truth()["ratio"] - 0.2).abs().mean())
    no_outlines = known([a_trial(2, None, {"B1": row(truth(), 1, None)})])
    assert no_outlines["all_embryo_dice"].isna().all()
