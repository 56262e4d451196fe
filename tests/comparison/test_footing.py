"""Were the compared rows trained alike, and is it told where they were not?"""

import pytest

from ivfgrade.comparison.footing import unequal_footing
from ivfgrade.comparison.ladder import ladder
from ivfgrade.comparison.ledger import ledger, ledger_numbers
from ivfgrade.comparison.ledger_text import ledger_text
from tests.comparison.made import (
    a_trial,
    row,
    study,
    truth,
)


def trained(epochs: int, keep: list[str] | None, **more) -> dict:
    return {"epochs": epochs, "phase": {"keep": keep, "hold": None},
            "model": {"head": "multi_scale"}, **more}  # fmt: skip


def test_unequal_training_is_told():
    settings = {"A": {"epochs": 12, "init": "none"}, "C": {"epochs": 12, "init": "none"}}
    rows = {name: row(truth(), index) for index, name in enumerate("ACF")}
    equal = a_trial(2, None, rows, settings={**settings, "F": settings["A"]})
    assert ladder(study([equal]))["unequal_footing"] == []
    longer = a_trial(2, None, rows, settings={**settings, "F": {"epochs": 24, "init": "none"}})
    assert ladder(study([longer]))["unequal_footing"] == ["epochs: A 12, C 12, F 24"]


def test_what_a_head_got_is_told_beside_each_comparison():
    whole = {"epochs": 80, "init": "none", "image_passes": 1, "train_images": {"paired": 1}}
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
