import json
from collections.abc import Sequence

import numpy as np
import pytest

from ivfgrade.comparison.claim import (
    AtLeast,
    Border,
    Claim,
    NearerZero,
    OneModel,
    Same,
    Steadier,
    bias,
    dice,
    direct,
    higher,
    lower,
)
from ivfgrade.comparison.claims import CLAIMS, NOT_TESTED
from ivfgrade.comparison.findings import Finding, Missing
from ivfgrade.comparison.ladder import ladder
from ivfgrade.comparison.ledger import ledger, ledger_numbers
from ivfgrade.comparison.ledger_text import ledger_text
from ivfgrade.comparison.measured import KEYS
from ivfgrade.comparison.rules import rules
from ivfgrade.comparison.trials import Score, Trial
from tests.comparison.made import a_trial, row, study, trials, truth

ALIKE = {"epochs": 12, "init": "none", "image_passes": 36}


def claim(*parts) -> Claim:
    return Claim("x", "a claim", "IV", "0.1 and 0.2", "difference", parts)


def verdict(*parts, made=None) -> tuple[str, str]:
    (entry,) = ledger(study(made), [claim(*parts)])
    return entry.verdict.answer, entry.verdict.why


def with_rows(**rows) -> list[Trial]:
    """Dice and error of each row, hardly any spread; all trained alike."""
    tables = {
        name: row(truth(), index, *numbers, spread=1e-4)
        for index, (name, numbers) in enumerate(rows.items())
    }
    return [a_trial(2, None, tables, settings=dict.fromkeys(rows, ALIKE))]


def test_every_claim_gets_one_entry_in_order():
    entries = ledger(study())
    assert [entry.claim.id for entry in entries] == [claim.id for claim in CLAIMS]
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


def test_direction_of_the_difference_of_means():
    assert verdict(higher(dice("A"), dice("E"), 0.051))[0] == "holds"
    assert verdict(lower(dice("A"), dice("E"), 0.051))[0] == "does not hold"


def test_a_missing_row_is_no_verdict_and_no_dropped_claim():
    answer, why = verdict(higher(dice("A"), dice("E_constant"), 0.03))
    assert (answer, why) == ("cannot tell", "row E_constant was not run")


def test_several_comparisons_must_all_hold():
    yes, no = higher(dice("A"), dice("E")), lower(dice("A"), dice("E"))
    unknown = higher(dice("A"), dice("nowhere"))
    assert verdict(yes, yes)[0] == "holds"
    assert verdict(yes, unknown)[0] == "cannot tell"
    answer, why = verdict(yes, unknown, no)
    assert answer == "does not hold"
    assert "Dice, A - E" in why
    assert "nowhere" not in why


def test_equal_rows_are_equal_to_the_last_digit():
    made = with_rows(A=(0.7, 0.05), C=(0.7, 0.05))
    made[0].rows["D"] = made[0].rows["A"]
    assert verdict(Same(dice("D"), dice("A"), 1e-5), made=made)[0] == "holds"
    nudged = made[0].rows["A"].assign(dice=lambda table: table["dice"] + 0.001)
    made[0].rows["D"] = nudged
    assert verdict(Same(dice("D"), dice("A"), 1e-5), made=made)[0] == "does not hold"
    assert verdict(Same(dice("D"), dice("A"), 0.005), made=made)[0] == "holds"


@pytest.mark.parametrize(
    ("f", "c", "answer"),
    [
        ((0.75, 0.02), (0.70, 0.05), "does not hold"),  # both reached
        ((0.70, 0.02), (0.70, 0.05), "cannot tell"),  # outlines clearly worse than A's .72
        ((0.75, 0.09), (0.70, 0.05), "cannot tell"),  # grades clearly worse
        (None, (0.70, 0.05), "cannot tell"),
    ],
)
def test_one_model_that_has_both(f, c, answer):
    a = (0.72, 0.05)
    rows = {"A": a, "A_longer": a, "C": c, "C_head": c} | ({"F": f} if f else {})
    assert verdict(OneModel(), made=with_rows(**rows))[0] == answer


def test_f_must_reach_c_however_c_is_read():
    a = (0.72, 0.05)
    made = with_rows(A=a, A_longer=a, C=(0.70, 0.05), C_head=(0.70, 0.001), F=(0.75, 0.04))
    table = made[0].rows["C"]
    made[0].rows["C"] = table.assign(error_fused=table["error_fused"] / 10)
    answer, why = verdict(OneModel(), made=made)
    assert answer == "cannot tell"
    assert why.endswith("C read directly only")


def test_f_must_reach_c_after_its_own_phase_2():
    a = (0.72, 0.05)
    rows = {"A": a, "A_longer": a, "C": (0.70, 0.05), "F": (0.75, 0.02)}
    assert verdict(OneModel(), made=with_rows(**rows)) == ("cannot tell", "row C_head was not run")
    (entry,) = ledger(study(with_rows(**rows, C_head=(0.70, 0.05))), [claim(OneModel())])
    assert entry.verdict.answer == "does not hold"
    assert [part.name for part in entry.parts[4:]] == [
        "MAE, F reported - C given F's phase 2 too, read directly",
        "MAE, F reported - C given F's phase 2 too, read through the calibration",
    ]
    answer, why = verdict(OneModel(), made=with_rows(**rows, C_head=(0.70, 0.001)))
    assert answer == "cannot tell"
    assert why.endswith("MAE of C read directly and C read through the calibration only")


def test_quick_profile_measures_and_judges_nothing():
    quick = study(machinery_only=True)
    entries = ledger(quick)
    assert {entry.verdict.answer for entry in entries} == {"cannot tell"}
    assert all("profile small, which proves the machinery only" in e.verdict.why for e in entries)
    by_id = {entry["id"]: entry for entry in ledger_numbers(quick, entries)["claims"]}
    same = {e["id"]: e for e in ledger_numbers(study(), ledger(study()))["claims"]}
    assert same["injection-raises-dice"]["verdict"] == "holds"
    for name, entry in by_id.items():
        assert entry["ours"] == same[name]["ours"]
    assert "row E_constant was not run" in by_id["injection-raises-dice-at-equal-size"]["why"]
    page = ledger_text(quick, entries, ladder(quick))
    assert "**holds**" not in page
    assert "**shown**" not in page


def test_each_entry_names_data_and_trials():
    numbers = ledger_numbers(study(), ledger(study()))
    json.dumps(numbers, allow_nan=False)
    entry = next(e for e in numbers["claims"] if e["id"] == "gate-raises-dice")
    assert entry["data"] == "on synthetic embryos"
    assert entry["trials"].startswith("2 training seeds, 2 folds, ")
    assert entry["paper"] == "0.729 and 0.717: +0.012"
    (ours,) = entry["ours"]
    assert ours["low"] < ours["value"] < ours["high"]
    assert set(ours["by_training_seed"]) == {"2", "3"}
    assert sum(numbers["counts"].values()) == len(CLAIMS)


def test_the_rules_name_the_confidence_of_the_intervals():
    text = " ".join(rules(0.9))
    assert "the 90 % interval excludes 0" in text
    assert "at 90 % one interval in 10 misses" in text
    assert "95" not in text


def test_the_rules_name_what_is_resampled():
    text = " ".join(rules(0.95))
    assert "leaving out one training seed at a time and one patient at a time" in text
    assert "where nothing else is said, percentiles over resamples of the test patients" in text
    assert "in each of the classes that are compared" in text


def test_the_soft_mask_of_the_paper_is_not_fitted_to_ratios():
    by_id = {one.id: one for one in CLAIMS}
    for name in ("joint-matches-the-soft-mask", "two-models-are-best"):
        columns = {p.second.column for p in by_id[name].parts if p.second.row == "A"}
        assert columns == {"error_soft_uncalibrated"}


def test_a_level_is_no_difference():
    numbers = ledger_numbers(study(), ledger(study()))
    levels = {part["what"] for e in numbers["claims"] for part in e["ours"] if part["is_level"]}
    assert levels == {KEYS[key] for key in KEYS if key != "conflict_C_minus_E"}


def test_page_holds_every_claim_once():
    made = study()
    page = ledger_text(made, ledger(made), ladder(made))
    for one in CLAIMS:
        assert page.count(f"| {one.text[:1].upper()}{one.text[1:]} |") == 1


def test_the_printed_effects_are_differences_of_the_printed_table():
    from ivfgrade.comparison.claim import Contrast
    from ivfgrade.comparison.rows import ROWS

    printed = {
        **{dice(one.name): one.printed_dice for one in ROWS},
        **{direct(one.name): one.printed_mae for one in ROWS},
    }
    # rows of ours, held to the number of the paper's row that they stand for
    controls = {"E_constant": "E", "A_longer": "A", "C_paired": "C", "D_longer": "D"}
    checked = 0
    for one in CLAIMS:
        for part in one.parts:
            if isinstance(part, Contrast) and part.effect is not None:
                ours, theirs = (
                    printed[Score(controls.get(score.row, score.row), score.column)]
                    for score in (part.first, part.second)
                )
                assert ours - theirs == pytest.approx(part.direction * part.effect)
                checked += 1
    assert checked >= 12


def test_every_measure_of_a_claim_exists():
    used = {p.measure for one in CLAIMS for p in one.parts if isinstance(p, Border)}
    assert used == set(KEYS)


def test_a_row_that_bounds_dice_may_be_equalled_but_not_passed():
    made = with_rows(A=(0.72, 0.05), D=(0.72, 0.05), C=(0.70, 0.05), E=(0.76, 0.05))
    for row_, answer in (("D", "holds"), ("C", "holds"), ("E", "does not hold")):
        assert verdict(AtLeast(dice("A"), dice(row_), 0.005), made=made)[0] == answer


def test_systematic_error_is_the_distance_of_the_mean_from_0():
    made = with_rows(A=(0.72, 0.05), Baseline=(0.70, 0.05))
    known = made[0].rows["A"]
    alternating = np.where(np.arange(len(known)) % 2, 0.2, -0.2)  # large errors that even out
    made[0].rows["A"] = known.assign(bias_hard=alternating + 0 * known["ratio"])
    made[0].rows["Baseline"] = known.assign(bias_hard=-0.1 + 0 * known["ratio"])
    nearer = NearerZero(bias("A"), bias("Baseline"))
    (entry,) = ledger(study(made), [claim(nearer)])
    (part,) = entry.parts
    ours, theirs = (made[0].rows[name]["bias_hard"].mean() for name in ("A", "Baseline"))
    assert isinstance(part.found, Finding)
    assert part.found.interval.value == pytest.approx(abs(ours) - abs(theirs))
    assert part.found.by_seed == {2: pytest.approx(abs(ours) - abs(theirs))}
    small = known.assign(bias_hard=0.01 + 0 * known["ratio"])
    made[0].rows["A"] = small
    assert verdict(nearer, made=made)[0] == "holds"
    assert verdict(NearerZero(bias("Baseline"), bias("A")), made=made)[0] == "does not hold"


def seeds(of_c: Sequence[float], of_d: Sequence[float]) -> list[Trial]:
    """One training per entry, by which all ratios of the row are moved."""
    known = row(truth(), 1)
    return [
        a_trial(
            seed,
            None,
            {
                name: known.assign(reported=known["reported"] + move)
                for name, move in {"C": c, "D": d}.items()
            },
        )
        for seed, (c, d) in enumerate(zip(of_c, of_d, strict=True), start=1)
    ]


MOVES = np.array([-0.05, -0.03, -0.01, 0.01, 0.03, 0.05])


def test_steadiness_needs_several_trainings():
    made = seeds([0.0, 0.1], [0.0, 0.02])
    (entry,) = ledger(study(made), [claim(Steadier("D", "C"))])
    found = entry.parts[0].found
    assert isinstance(found, Missing)
    assert found.value == pytest.approx((0.02 - 0.1) / np.sqrt(2))
    assert (entry.verdict.answer, entry.verdict.why) == (
        "cannot tell",
        "training seeds: 2, too few for an interval",
    )
    assert verdict(Steadier("D", "C"), made=seeds(MOVES[:5], MOVES[:5] / 5))[0] == "cannot tell"
    assert verdict(Steadier("D", "C"), made=seeds(MOVES, MOVES / 5))[0] == "holds"
    assert verdict(Steadier("C", "D"), made=seeds(MOVES, MOVES / 5))[0] == "does not hold"
    assert verdict(Steadier("D", "C"), made=seeds([0.0], [0.0])) == (
        "cannot tell",
        "fewer than two training seeds of D and C share an image",
    )
    assert verdict(Steadier("D", "G"), made=seeds([0.0], [0.0]))[1] == "row G was not run"


def test_one_training_that_went_astray_shows_no_instability():
    """All patients agree on it, yet without it C would be the steadier one."""
    assert verdict(Steadier("D", "C"), made=seeds([0, 0, 0, 0, 0, 0.5], MOVES))[0] == "cannot tell"


def test_small_fragments_and_texture_are_judged_where_their_columns_are():
    def named(made: list[Trial]) -> dict[str, tuple[str, str]]:
        return {e.claim.id: (e.verdict.answer, e.verdict.why) for e in ledger(study(made))}

    made = trials()
    by_id = named(made)
    small = "joint-outlines-are-smoother-around-small-fragments"
    assert "interval" in by_id[small][1]
    assert by_id["joint-surpasses-texture"] == ("cannot tell", "row C has no error_lbp_mlp")
    made[0].rows["C"] = (
        made[0].rows["C"].assign(error_lbp_mlp=lambda table: table["error_direct"] + 0.1)
    )
    assert named(made)["joint-surpasses-texture"][0] == "holds"


def test_what_the_paper_did_not_claim_is_not_asked():
    by_id = {one.id: one for one in CLAIMS}
    rows = {s.row for p in by_id["two-models-are-best"].parts for s in (p.first, p.second)}
    assert rows == {"A", "C", "D"}
    assert "difficult" in by_id["one-model-cannot-have-both"].text
    baseline, ours = by_id["masks-accumulate-errors"].parts
    assert (baseline.first.row, ours.first.row) == ("Baseline", "A")
    text = " ".join(rules(0.95))
    assert "holds is asked before half of the effect" in text
    assert "fewer than 6 patients" in text
    assert "can refute that claim or leave it open" in text
    assert any("(II.D)" in one for one in NOT_TESTED)
