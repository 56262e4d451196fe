import numpy as np
import pandas as pd
import pytest

from ivfgrade.comparison.table import flat_table, table_1
from ivfgrade.comparison.table_text import table_text
from ivfgrade.evaluation.agreement import confusion, quadratic_kappa
from ivfgrade.evaluation.params import EvaluateParams
from ivfgrade.evaluation.summary import Summary
from tests.comparison.made import BOOTSTRAP, SCHEME, a_trial, all_rows, study, trials, truth

PARAMS = EvaluateParams(2.0, (8.0,), 0.5, BOOTSTRAP.samples, BOOTSTRAP.confidence, 10, 6)


def row_of(numbers, name):
    return next(row for row in numbers["rows"] if row["row"] == name)


def test_one_trial_has_the_numbers_of_its_own_report():
    """The same rules and the same resamples as metrics.json of the row."""
    made = trials()
    ours = row_of(table_1(study(made)), "C")
    images = made[0].rows["C"].assign(iou=np.nan, embryo_dice=np.nan, bias=0.0)
    report = Summary(images, SCHEME, PARAMS, BOOTSTRAP.seed).headline()
    for name in ("dice", "mae_direct", "mae_hard", "mae_soft", "mae_fused", "mae_reported",
                 "grade_accuracy", "kappa_quadratic"):  # fmt: skip
        cell = ours[name]
        assert {key: cell[key] for key in ("value", "low", "high")} == pytest.approx(report[name])


def test_cells_again_with_pandas_over_seeds_and_folds():
    made = trials((2, 3), folds=2)
    cells = flat_table(table_1(study(made))).set_index("row")
    every = pd.concat([trial.rows["D"] for trial in made])
    known = every[every["ratio"].notna()]
    assert cells.loc["D", "dice"] == pytest.approx(every["dice"].mean(), abs=1e-6)
    assert cells.loc["D", "mae_hard"] == pytest.approx(every["error_hard"].mean(), abs=1e-6)
    right = (known["grade"] == known["predicted_grade"]).mean()
    assert cells.loc["D", "grade_accuracy"] == pytest.approx(right, abs=1e-6)
    order = {name: index for index, name in enumerate(SCHEME.names)}
    true, said = (known[c].map(order).to_numpy() for c in ("grade", "predicted_grade"))
    kappa = quadratic_kappa(confusion(true, said, 4).sum(0))
    assert cells.loc["D", "kappa_quadratic"] == pytest.approx(kappa, abs=1e-6)
    assert (cells.loc["D", "training_seeds"], cells.loc["D", "folds"]) == (2, 2)


def test_the_paper_stands_beside_and_gaps_stay_gaps():
    numbers = table_1(study(trials()))
    assert row_of(numbers, "A")["paper"] == {"dice": 0.729, "mae_direct": None}
    assert row_of(numbers, "C")["paper"] == {"dice": 0.716, "mae_direct": 0.046}
    assert row_of(numbers, "A")["mae_direct"]["value"] is None
    assert row_of(numbers, "B1")["dice"] == {"value": None, "low": None, "high": None, "images": 0}
    assert [row["row"] for row in numbers["rows"]] == [
        "Baseline",
        "A",
        "A_longer",
        "B1",
        "B2",
        "C",
        "D",
        "E",
        "F",
    ]


def test_an_unknown_row_comes_last():
    made = trials()
    made[0].rows["F_more"] = made[0].rows["F"]
    assert table_1(study(made))["rows"][-1]["row"] == "F_more"


def test_trivial_answers():
    known = trials()[0].rows["C"]
    lines = {line["row"]: line for line in table_1(study(trials()))["trivial"]}
    ratio = known["ratio"].dropna()
    assert lines["best constant"]["mae_direct"]["value"] == pytest.approx(
        (ratio - 0.2).abs().mean(), abs=1e-6
    )
    hindsight = lines["best constant in hindsight"]["mae_direct"]["value"]
    assert hindsight == pytest.approx((ratio - ratio.median()).abs().mean(), abs=1e-6)
    assert lines["grade oracle"]["mae_direct"]["value"] == pytest.approx(
        ratio.mean() / 10, abs=1e-6
    )
    assert lines["everything is fragment"]["dice"]["value"] == pytest.approx(0.3)


def test_few_patients_give_values_without_intervals():
    numbers = table_1(study([a_trial(2, None, all_rows(truth(15), 2))]))
    for measure in ("dice", "mae_direct", "grade_accuracy"):
        cell = row_of(numbers, "C")[measure]
        assert cell["value"] is not None
        assert (cell["low"], cell["high"]) == (None, None)
    assert f"| {row_of(numbers, 'C')['dice']['value']:.3f} |" in table_text(study(), numbers)


def test_the_page_says_what_it_is():
    made = study(trials())
    text = table_text(made, table_1(made))
    assert "Table 1, on synthetic embryos" in text
    assert "1 training seed, single split, 24 images of 8 patients" in text
    assert "another training may differ" in text
    assert "proves the machinery" not in text
    quick = study(trials(), machinery_only=True)
    assert "proves the machinery only" in table_text(quick, table_1(quick))
    assert table_1(quick)["machinery_only"] is True
    several = study()
    assert "another training may differ" not in table_text(several, table_1(several))


def test_cells_that_rest_on_different_trials_say_so():
    whole = trials((2, 3), folds=2)
    even = study(whole)
    assert "rests on" not in table_text(even, table_1(even))
    assert even.cautions == []
    del whole[3].rows["E"]
    uneven = study(whole)
    numbers = table_1(uneven)
    assert (row_of(numbers, "E")["trials"], row_of(numbers, "C")["trials"]) == (3, 4)
    text = table_text(uneven, numbers)
    assert "seeds 2, 3; folds 0, 1; 3 trials; 48 images |" in text
    assert "Not every row was run in all 4 trials (E 3)" in text
    uncrossed = study(trials((2, 3), folds=2)[:3])
    assert any("3 of the 4 pairs of training seed and fold" in one for one in uncrossed.cautions)
