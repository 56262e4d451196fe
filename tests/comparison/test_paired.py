import numpy as np
import pytest

from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.paired import difference, mean
from ivfgrade.comparison.trials import Score, Trial
from ivfgrade.evaluation.bootstrap import Bootstrap
from tests.comparison.made import BOOTSTRAP, IMAGES, a_trial, all_rows, row, trials, truth

A, C = Score("A", "dice"), Score("C", "dice")


def found(made, first, second) -> Finding:
    result = difference(made, first, second, BOOTSTRAP)
    assert isinstance(result, Finding)
    return result


def test_the_interval_is_that_of_a_slow_explicit_resampling():
    made = trials()
    result = found(made, A, C)
    ours, theirs = (made[0].rows[name] for name in ("A", "C"))
    patients = np.unique(ours["patient"])
    means = []
    for draw in BOOTSTRAP._draws(len(patients)):
        taken = np.repeat(patients, draw.astype(int))
        gaps = np.concatenate(
            [
                (ours["dice"] - theirs["dice"])[ours["patient"] == patient].dropna()
                for patient in taken
            ]
        )
        means.append(gaps.mean())
    assert [result.interval.low, result.interval.high] == pytest.approx(
        np.quantile(means, [0.025, 0.975])
    )
    assert result.interval.value == pytest.approx((ours["dice"] - theirs["dice"]).mean())


def test_it_swaps_sign_with_its_rows():
    one, other = found(trials(), A, C).interval, found(trials(), C, A).interval
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))


def test_pairing_is_by_image_and_not_by_line():
    made = trials()
    shuffled = {**made[0].rows, "C": made[0].rows["C"].sample(frac=1, random_state=0)}
    assert found([a_trial(2, None, shuffled)], A, C).interval == found(made, A, C).interval


def test_two_columns_can_be_compared():
    made = trials()
    result = found(made, Score("A", "error_hard"), Score("C", "error_direct"))
    rows = made[0].rows
    expected = rows["A"]["error_hard"].mean() - rows["C"]["error_direct"].mean()
    assert result.interval.value == pytest.approx(expected)
    assert result.basis.images == int(rows["A"]["ratio"].notna().sum())


def test_seeds_are_averaged_per_image_and_folds_stand_side_by_side():
    made = trials((2, 3, 4), folds=2)
    result = found(made, A, C)
    gaps = [t.rows["A"]["dice"] - t.rows["C"]["dice"] for t in made]
    assert result.interval.value == pytest.approx(np.nanmean(np.concatenate(gaps)))
    assert result.basis.seeds == (2, 3, 4)
    assert result.basis.folds == (0, 1)
    with_dice = truth(2 * IMAGES)["ratio"] > 0
    assert result.basis.images == with_dice.sum()
    of_seed = np.nanmean(
        np.concatenate([g for t, g in zip(made, gaps, strict=True) if t.training_seed == 3])
    )
    assert result.by_seed[3] == pytest.approx(of_seed)


def test_more_seeds_of_the_same_images_do_not_count_as_more_patients():
    known = truth()
    same = {"A": row(known, 1, 0.72), "C": row(known, 2, 0.70)}
    once, thrice = [a_trial(2, None, same)], [a_trial(seed, None, same) for seed in (2, 3, 4)]
    one, three = found(once, A, C).interval, found(thrice, A, C).interval
    assert (one.low, one.high) == pytest.approx((three.low, three.high))


def test_only_trials_with_both_rows_count():
    made = trials((2, 3))
    lacking = a_trial(4, None, {"A": row(truth(), 9, 0.9)})
    assert found([*made, lacking], A, C) == found(made, A, C)


def test_what_is_missing_is_said():
    made = trials()

    def reason(first: Score, second: Score, of: list[Trial] = made) -> str:
        missing = difference(of, first, second, BOOTSTRAP)
        assert isinstance(missing, Missing)
        return missing.reason

    assert reason(A, Score("E_constant", "dice")) == "row E_constant was not run"
    assert reason(Score("B1", "dice"), A) == "row B1 has no dice"
    assert reason(Score("B2", "heat_on_fragments"), A) == "row B2 has no heat_on_fragments"
    apart = [a_trial(1, None, {"A": row(truth(), 1)}), a_trial(2, None, {"C": row(truth(), 2)})]
    assert reason(A, C, apart) == "no trial holds both A and C"


def test_one_patient_gives_a_value_and_no_interval():
    made = [a_trial(2, None, all_rows(truth(3), 2))]
    missing = difference(made, A, C, BOOTSTRAP)
    assert isinstance(missing, Missing)
    rows = made[0].rows
    assert missing.value == pytest.approx((rows["A"]["dice"] - rows["C"]["dice"]).mean())
    assert "too few" in missing.reason


def test_a_mean_of_few_patients_has_no_interval_either():
    made = [a_trial(2, None, all_rows(truth(15), 2))]  # of five patients
    missing = mean(made, A, BOOTSTRAP)
    assert isinstance(missing, Missing)
    assert missing.value == pytest.approx(made[0].rows["A"]["dice"].mean())
    assert missing.reason == "patients with a value: 5, too few to resample"
    trusting = Bootstrap(BOOTSTRAP.samples, 0.9, BOOTSTRAP.seed)
    assert isinstance(mean(made, A, trusting), Finding)


def test_mean_of_a_row():
    result = mean(trials(), A, BOOTSTRAP)
    assert isinstance(result, Finding)
    assert result.interval.value == pytest.approx(trials()[0].rows["A"]["dice"].mean())
    assert isinstance(mean(trials(), Score("B1", "dice"), BOOTSTRAP), Missing)
