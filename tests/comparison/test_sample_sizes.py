"""Which images stand behind the scores."""

from dataclasses import replace

from ivfgrade.comparison.sample_sizes import sample_sizes
from ivfgrade.comparison.table import table_1
from ivfgrade.comparison.table_text import table_text
from tests.comparison.made import IMAGES, PER_PATIENT, study, trials, truth

# of 24 images of 8 patients: every fourth and the last patient's three have no ratio; one has none
# of its area fragmented
WEAK = 5 + PER_PATIENT
SIZES = {
    "all": {"images": IMAGES, "patients": 8},
    "with a true ratio": {"images": IMAGES - WEAK, "patients": 7},
    "with a fragment to outline": {"images": IMAGES - WEAK - 1, "patients": 7},
}


def test_images_are_counted_by_what_can_be_asked_of_them():
    known = truth()
    assert int(known["ratio"].notna().sum()) == IMAGES - WEAK
    assert sample_sizes(trials()) == SIZES


def test_two_trainings_on_the_same_images_count_them_once_and_folds_add_up():
    assert sample_sizes(trials((2, 3))) == SIZES
    two = sample_sizes(trials((2, 3), 2))
    assert two["all"] == {"images": 2 * IMAGES, "patients": 16}


def test_a_ratio_without_a_mask_has_no_dice():
    (trial,) = trials()
    unmasked = {name: table.assign(dice=float("nan")) for name, table in trial.rows.items()}
    sizes = sample_sizes([replace(trial, rows=unmasked)])
    assert sizes["with a true ratio"] == SIZES["with a true ratio"]
    assert sizes["with a fragment to outline"] == {"images": 0, "patients": 0}


def test_they_stand_above_the_table():
    made = study(trials())
    numbers = table_1(made)
    assert numbers["judged_on"]["test"] == SIZES
    page = table_text(made, numbers)
    told = (
        f"Test patients: {IMAGES} images of 8 patients, {IMAGES - WEAK} images of 7 patients with"
    )
    assert told in page.split("| row |")[0]
    assert "Validation patients: " in page.split("| row |")[0]
