from dataclasses import replace

import numpy as np
import pytest

from ivfgrade.comparison.claims import CLAIMS
from ivfgrade.comparison.findings import Basis, Finding, Missing
from ivfgrade.comparison.footing import unequal_footing
from ivfgrade.comparison.ladder import STEPS as LADDER
from ivfgrade.comparison.ladder import Step, ladder
from ivfgrade.comparison.ledger import ledger, ledger_numbers
from ivfgrade.comparison.ledger_text import ledger_text
from ivfgrade.comparison.row_f import judge_row
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.trials import Trial
from ivfgrade.evaluation.bootstrap import Interval
from tests.comparison.made import a_trial, all_rows, another, row, study, trials, truth

ALIKE = {"epochs": 12, "init": "none"}
BASIS = Basis((2,), (), 20, 7)
STEPS = (
    Step("C", "error_direct", "start"),
    Step("C", "error_fused", "read through the calibration", after=("C", "error_direct")),
    Step("F_gone", "error_fused", "never run", after=("C", "error_fused")),
    Step("F", "error_reported", "the rest", after=("C", "error_fused")),
    Step("F", "error_reported", "on what was never run", after=("F_gone", "error_fused")),
)


def finding(value: float, low: float, high: float) -> Finding:
    return Finding(Interval(value, low, high), BASIS)


@pytest.mark.parametrize(
    ("dice", "mae", "answer"),
    [
        ((0.0, -0.0049, 0.01), (0.0, -0.01, 0.0019), "shown"),
        ((0.01, 0.005, 0.02), (-0.01, -0.02, -0.005), "shown"),
        ((0.0, -0.005, 0.01), (0.0, -0.01, 0.0019), "not shown"),  # Dice bound on the border
        ((0.0, -0.0049, 0.01), (0.0, -0.01, 0.002), "not shown"),  # MAE bound on the border
        ((-0.0001, -0.0049, 0.01), (0.0, -0.01, 0.0019), "not shown"),  # Dice lower
        ((0.0, -0.0049, 0.01), (0.0001, -0.01, 0.0019), "not shown"),  # MAE higher
    ],
)
def test_the_criterion_at_its_borders(dice, mae, answer):
    assert judge_row({"A": finding(*dice)}, finding(*mae)).answer == answer


def test_each_failure_is_named():
    judged = judge_row({"A": finding(-0.02, -0.03, -0.01)}, finding(0.02, 0.01, 0.03))
    for number in ("-0.0200", "-0.0300", "+0.0200", "+0.0300"):
        assert number in judged.why


def test_without_f_nothing_is_shown():
    judged = judge_row({"A": Missing("row F was not run")}, finding(0, -0.001, 0.001))
    assert (judged.answer, judged.why) == ("not shown", "row F was not run")
    rows = {name: table for name, table in all_rows(truth(), 2).items() if name != "F"}
    numbers = ladder(study([a_trial(2, None, rows)]))
    assert [one["answer"] for one in numbers["criterion"]] == ["not shown"] * 4


def test_both_readings_of_c_are_compared():
    made = trials()
    numbers = ladder(study(made))
    rows = made[0].rows
    own = [one for one in numbers["criterion"] if one["row_of_c"] == "C"]
    assert [one["mae_of_c"] for one in own] == ["error_direct", "error_fused"]
    for one in own:
        gap = rows["F"]["error_reported"] - rows["C"][one["mae_of_c"]]
        assert one["mae_f_minus_c"]["value"] == pytest.approx(gap.mean(), abs=1e-6)
        outlines = rows["F"]["dice"] - rows["A"]["dice"]
        assert one["dice_f_minus"]["A"]["value"] == pytest.approx(outlines.mean(), abs=1e-6)
        after = rows["F"]["dice"] - rows["D"]["dice"]
        assert one["dice_f_minus"]["D"]["value"] == pytest.approx(after.mean(), abs=1e-6)
        assert one["against"].startswith("A's and D's outlines and C read")


def test_without_its_control_f_is_not_shown():
    made = with_c_head(0.05)
    del made[0].rows["C_head"]
    numbers = ladder(study(made))
    assert [one["answer"] for one in numbers["criterion"]] == ["shown"] * 2 + ["not shown"] * 2
    assert numbers["answer"] == "not shown"
    assert numbers["why"].count("row C_head was not run") == 1


@pytest.mark.parametrize("control", ["D", "A_longer"])
def test_f_must_also_reach_the_outlines_of_a_with_what_f_had(control):
    made = with_c_head(0.05)
    assert [*ladder(study(made))["criterion"][0]["dice_f_minus"]] == ["A"]
    made[0].rows[control] = row(truth(), 9, 0.80, 0.05, spread=1e-4)
    numbers = ladder(study(made))
    assert numbers["answer"] == "not shown"
    assert f"from {control}'s" in numbers["why"]
    assert "from A's" not in numbers["why"]


@pytest.mark.parametrize(
    ("of_f", "reason"),
    [
        ({"epochs": 24}, "epochs: A 12, C 12, C_head 12, F 24"),
        ({"init": "imagenet"}, "init: A none, C none, C_head none, F imagenet"),
        ({"image_passes": 99}, None),  # what weak images bring
    ],
)
def test_f_is_not_shown_by_a_longer_training_or_another_start(of_f, reason):
    (made,) = with_c_head(0.05)
    whole = {**ALIKE, "image_passes": 12}
    phase_2 = {"epochs": 7, "phase_1": {**whole, **of_f}}
    settings = {"A": whole, "C": whole, "C_head": {"phase_1": whole}, "F": phase_2}
    numbers = ladder(study([another(made, settings=settings)]))
    assert numbers["answer"] == ("not shown" if reason else "shown")
    assert (
        reason is None or f"the whole networks were not trained alike ({reason}" in numbers["why"]
    )


def test_a_start_that_nobody_noted_is_not_equal():
    (made,) = with_c_head(0.05)
    silent = dict.fromkeys(made.rows, {"epochs": 12})
    numbers = ladder(study([another(made, settings=silent)]))
    assert numbers["answer"] == "not shown"
    assert "init: A unknown, C unknown, C_head unknown, F unknown" in numbers["why"]


@pytest.mark.parametrize("silent", [{"C_head": None}, {"C_head": {}}, dict.fromkeys("ACF")])
def test_a_row_of_whose_training_nothing_is_known_is_told(silent):
    (made,) = with_c_head(0.05)
    given = {row: about for row, about in {**made.settings, **silent}.items() if about is not None}
    numbers = ladder(study([another(made, settings=given)]))
    assert numbers["answer"] == "not shown"
    for name in silent:
        assert f"{name} unknown" in numbers["why"]
    assert numbers["unequal_footing"] == []  # a remark is of what two rows say


def test_one_trial_that_is_silent_is_enough():
    (made,) = with_c_head(0.05)
    silent = another(made, training_seed=3, settings={})
    assert ladder(study([made]))["answer"] == "shown"
    why = ladder(study([made, silent]))["why"]
    assert "epochs: A 12 or unknown, C 12 or unknown" in why


def test_steps_are_kept_by_validation():
    made = trials((2, 3))
    start, reading, gone, last, _ = ladder(study(made), STEPS)["steps"]
    gains = [
        one.validation["F"]["error_reported"] - one.validation["C"]["error_fused"] for one in made
    ]
    found = last["validation"]["gain_mae"]
    assert found["value"] == pytest.approx(np.nanmean(gains), abs=1e-6)
    assert found["low"] < found["value"] < found["high"]
    dice = np.mean([one.validation["C"]["dice"].mean() for one in made])
    assert start["validation"]["dice"]["value"] == pytest.approx(dice, abs=1e-6)
    assert (start["validation"]["gain_dice"], reading["validation"]["gain_dice"]) == (None, None)
    assert gone["validation"]["mae"]["missing"] == "row F_gone was not run"
    page = ledger_text(study(made), [], ladder(study(made), STEPS))
    assert "| to | validation: Dice | validation: gain | validation: MAE |" in page
    assert f"{found['value']:+.4f} (" in page


def test_without_validation_scores_the_steps_say_so():
    (step, *_) = ladder(study(with_c_head(0.05)), STEPS)["steps"]
    assert step["validation"]["mae"]["missing"] == "no scores of the validation patients were kept"


def test_each_step_gains_over_the_one_that_it_is_added_to():
    made = trials()
    start, reading, gone, last, astray = ladder(study(made), STEPS)["steps"]
    rows = made[0].rows
    assert (start["after"], start["gain_dice"], start["gain_mae"]) == (None, None, None)
    assert reading["gain_dice"] is None  # the same outlines
    own = rows["C"]["error_fused"] - rows["C"]["error_direct"]
    assert reading["gain_mae"]["value"] == pytest.approx(own.mean(), abs=1e-6)
    assert gone["mae"]["missing"] == gone["gain_mae"]["missing"] == "row F_gone was not run"
    assert last["after"] == {"row": "C", "grade": "error_fused"}
    gain = rows["F"]["error_reported"] - rows["C"]["error_fused"]
    assert last["gain_mae"]["value"] == pytest.approx(gain.mean(), abs=1e-6)
    assert last["gain_mae"]["low"] < last["gain_mae"]["value"] < last["gain_mae"]["high"]
    outlines = rows["F"]["dice"] - rows["C"]["dice"]
    assert last["gain_dice"]["value"] == pytest.approx(outlines.mean(), abs=1e-6)
    assert astray["gain_mae"]["missing"] == "row F_gone was not run"


def test_each_step_is_added_to_one_above_it():
    seen: set[tuple[str, str]] = set()
    for step in LADDER:
        assert step.after is None or step.after in seen
        assert (step.row, step.grade) not in seen
        seen.add((step.row, step.grade))
    # what is not F's own is applied to all
    assert {(name, "error_fused") for name in ("A", "C", "C_head")} <= seen


@pytest.mark.parametrize("reported", ["error_fused", "error_direct"])  # plus and faithful
def test_the_ladder_ends_at_the_number_that_is_judged(reported):
    made = with_c_head(0.05)
    made[0].rows["D"] = row(truth(), 9, 0.70, 0.05)
    for name, table in made[0].rows.items():
        made[0].rows[name] = table.assign(error_reported=table[reported])
    numbers = ladder(study(made))
    judged = numbers["criterion"][0]["mae_f_minus_c"]["value"]
    steps = {(step["row"], step["grade"]): step for step in numbers["steps"]}
    start, f = steps["C", "error_direct"], steps["F", "error_reported"]
    assert f["mae"]["value"] - start["mae"]["value"] == pytest.approx(judged, abs=2e-6)
    gap = made[0].rows["F"][reported] - made[0].rows["D"][reported]
    assert f["gain_mae"]["value"] == pytest.approx(gap.mean(), abs=1e-6)
    read_otherwise = steps["D", "error_reported"]["gain_mae"]["value"]
    assert (read_otherwise == 0) == (reported == "error_direct")
    assert not any(row.startswith("F") and grade != "error_reported" for row, grade in steps)


def test_each_difference_of_f_is_resampled_once(monkeypatch):
    made, asked, difference = study(with_c_head(0.05)), [], Study.difference

    def counted(self, *scores):
        asked.append(scores)
        return difference(self, *scores)

    monkeypatch.setattr(Study, "difference", counted)
    (one_model,) = [claim for claim in CLAIMS if claim.id == "one-model-cannot-have-both"]
    for compare in (lambda: ladder(made, []), lambda: ledger(made, [one_model])):
        asked.clear()
        compare()
        assert len(asked) == len(set(asked)) >= 5


def with_c_head(error: float) -> list[Trial]:
    """F is better than A at outlines and than C at grades; so may C be after F's phase 2."""
    rows = {name: row(truth(), index, *numbers, spread=1e-4) for index, (name, numbers) in
            enumerate({"A": (0.72, 0.05), "C": (0.70, 0.05), "F": (0.75, 0.02),
                       "C_head": (0.70, error)}.items())}  # fmt: skip
    return [a_trial(2, None, rows, settings=dict.fromkeys(rows, ALIKE))]


def test_f_must_also_beat_c_after_its_own_phase_2():
    numbers = ladder(study(with_c_head(0.05)))
    assert [(one["row_of_c"], one["mae_of_c"]) for one in numbers["criterion"]] == [
        (name, reading) for name in ("C", "C_head") for reading in ("error_direct", "error_fused")
    ]
    assert numbers["answer"] == "shown"
    beaten = ladder(study(with_c_head(0.001)))
    assert [one["answer"] for one in beaten["criterion"]] == ["shown"] * 2 + ["not shown"] * 2
    assert beaten["answer"] == "not shown"
    assert "against C given F's phase 2 too, read directly: MAE is +" in beaten["why"]
    assert "against C read directly" not in beaten["why"]


def test_a_row_that_is_better_than_f_is_named_whatever_the_criterion_says():
    best = row(truth(), 9, 0.80, 0.05, spread=1e-4)
    trial = with_c_head(0.05)[0]
    assert ladder(study([trial]))["ahead"] == []
    found = ladder(study([replace(trial, rows={**trial.rows, "Baseline": best})]))
    assert found["answer"] == "shown"
    assert [(one["row"], one["score"]) for one in found["ahead"]] == [("Baseline", "dice")]
    assert found["ahead"][0]["difference"]["value"] == pytest.approx(0.05, abs=1e-3)


def test_quick_profile_shows_nothing():
    numbers = ladder(study(machinery_only=True))
    assert {one["answer"] for one in numbers["criterion"]} == {numbers["answer"]} == {"cannot tell"}
    assert "made with the profile small, which proves the machinery only" in numbers["why"]
    assert np.isfinite(numbers["criterion"][0]["dice_f_minus"]["A"]["value"])


def test_unequal_training_is_told():
    settings = {"A": {"epochs": 12, "init": "none"}, "C": {"epochs": 12, "init": "none"}}
    rows = {name: row(truth(), index) for index, name in enumerate("ACF")}
    equal = a_trial(2, None, rows, settings={**settings, "F": settings["A"]})
    assert ladder(study([equal]))["unequal_footing"] == []
    longer = a_trial(2, None, rows, settings={**settings, "F": {"epochs": 24, "init": "none"}})
    assert ladder(study([longer]))["unequal_footing"] == ["epochs: A 12, C 12, F 24"]


def trained(epochs: int, keep: list[str] | None, **more) -> dict:
    return {"epochs": epochs, "phase": {"keep": keep, "hold": None},
            "model": {"head": "multi_scale"}, **more}  # fmt: skip


def test_what_a_head_got_is_told_beside_each_comparison():
    whole = {"epochs": 80, "init": "none", "image_passes": 1, "train_images": 1}
    phase_2 = trained(60, ["mae", "min"], phase_1=whole)
    after_c = trained(60, ["mae", "min"], phase_1={**whole, "head_epochs": 80})
    settings = {
        "A": trained(**whole, keep=None, model={"head": "none"}),
        "B2": trained(**whole, keep=None, model={"trunk": "resnet50"}),
        "C": trained(**whole, keep=None),
        "C_head": after_c,
        "D": phase_2,
    }
    rows = {name: row(truth(), index) for index, name in enumerate(settings)}
    made = study([a_trial(2, None, rows, settings=settings, training_stride=16)])
    kept = "epoch that is kept: {} the last, {} min mae on validation"
    stride = "output stride at which the head is trained (it is used at 8): C 16, D 8"
    assert unequal_footing(made, ("C", "D")) == (
        "epochs of the head: C 80, D 60", kept.format("C", "D"), stride,
    )  # fmt: skip
    assert unequal_footing(made, ("B2", "C")) == ()
    assert unequal_footing(made, ("A", "C")) == ()  # A has no head
    assert unequal_footing(made, ("A", "D")) == (kept.format("A", "D"),)
    assert "epochs of the head: C 80, C_head 140" in unequal_footing(made, ("C", "C_head"))
    claims = {c["id"]: c for c in ledger_numbers(made, ledger(made))["claims"]}
    (ours,) = claims["decoupled-mae-above-joint"]["ours"]
    assert ours["footing"] == list(unequal_footing(made, ("D", "C")))
    page = ledger_text(made, ledger(made), ladder(made))
    assert "- MAE direct, D - C: epochs of the head: D 60, C 80\n" in page


VALUES = {
    "profile": "paper",
    "recipe": "plus",
    "experiments": {
        "frozen": {"C_head": {"segmenter": "models/C"}, "F": {"segmenter": "models/A_weak"}},
        "models": {"A_weak": "models/A_weak", "C": "models/C", "D": "models/finetune"},
    },
}


@pytest.mark.parametrize(
    ("rows", "remark"),
    [
        (("C", "C_head", "F"), "epochs of the head: C 80, C_head 140, F 60"),
        (("C", "D"), "epochs of the head: C 80, D 60"),  # on phase 1 of the main line
        (("F", "G"), "epochs of the head: F 60, G 65"),
    ],
)
def test_an_older_row_had_the_head_of_the_model_that_it_stood_on(rows, remark):
    whole = {"epochs": 80, "init": "none"}
    settings = {
        "A_weak": trained(**whole, keep=None, model={"head": "none"}),
        "C": trained(**whole, keep=None),
        **dict.fromkeys(("C_head", "D", "F"), trained(60, None, phase_1=whole)),
        "G": trained(60, None, phase_1={**whole, "head_epochs": 5}),
    }
    tables = {name: row(truth(), index) for index, name in enumerate(settings)}
    made = a_trial(2, None, tables, settings=settings, values=VALUES)
    assert remark in unequal_footing(study([made]), rows)
    del made.rows["C"], settings["C"]
    told = unequal_footing(study([made]), ("C_head", "F"))
    assert "epochs of the head: C_head unknown, F 60" in told  # what it stood on is not here


def test_a_frozen_row_is_compared_by_the_training_of_its_whole_network():
    whole = {"epochs": 80, "init": {"name": "imagenet", "sha256": "c0"}, "image_passes": 25440,
             "train_images": {"paired": 159}}  # fmt: skip
    rows = {name: row(truth(), index) for index, name in enumerate("ACF")}

    def remarks(**of_f) -> list[str]:
        phase_2 = {"epochs": 60, "train_images": {"paired": 159, "unmasked": 9}}
        settings = {"A": whole, "C": whole, "F": {**phase_2, "phase_1": {**whole, **of_f}}}
        return ladder(study([a_trial(2, None, rows, settings=settings)]))["unequal_footing"]

    assert remarks() == []
    assert remarks(image_passes=50880) == ["image_passes: A 25440, C 25440, F 50880"]
    assert remarks(train_images={"paired": 159, "unmasked": 1394}) == [
        "train_images: A paired 159, C paired 159, F paired 159 and unmasked 1394"
    ]


def test_steps_of_few_patients_keep_their_values():
    made = trials()
    few = {name: table[:12] for name, table in made[0].validation.items()}
    page = ledger_text(study(made), [], ladder(study([replace(made[0], validation=few)]), STEPS))
    gain = few["F"]["error_reported"] - few["C"]["error_fused"]
    assert f"| {gain.mean():+.4f}, no interval: patients with a value: 4, too few" in page
    assert f"| {few['C']['dice'].mean():.3f}, no interval: patients with" in page
