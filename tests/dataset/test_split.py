from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivfgrade.dataset.split import Fractions, Member, SplitParams, assign_splits
from ivfgrade.errors import InputError

PARAMS = SplitParams(Fractions(0.5, 0.12, 0.13, 0.25), Fractions(0.9, 0.0, 0.0, 0.1), 0.98, 5, None)
SPLITS = {"train", "val", "calibration", "test"}


def cohort(annotated: int, grade_only: int, seed: int) -> list[Member]:
    rng = np.random.default_rng(seed)
    members = []
    for patient in range(annotated + grade_only):
        kind = "paired" if patient < annotated else "weak"
        for image in range(rng.integers(1, 8)):
            grade = rng.choice(list("ABCD"), p=[0.35, 0.3, 0.22, 0.13])
            members.append(Member(f"{patient}_{image}", f"P{patient}", kind, str(grade), ""))
    return members


def splits_of_patients(members: list[Member], splits: dict[str, str]) -> dict[str, set[str]]:
    found = defaultdict(set)
    for member in members:
        found[member.patient].add(splits[member.image])
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 60), st.integers(0, 40), st.integers(0, 999), st.randoms())
def test_one_patient_one_split_every_split_filled_whatever_the_row_order(
    annotated: int, grade_only: int, seed: int, random: object
) -> None:
    members = cohort(annotated, grade_only, seed)
    splits = assign_splits(members, [], PARAMS, seed)
    assert all(len(found) == 1 for found in splits_of_patients(members, splits).values())
    assert {splits[m.image] for m in members if m.supervision == "paired"} == SPLITS
    shuffled = list(members)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assign_splits(shuffled, [], PARAMS, seed) == splits


@pytest.mark.parametrize("seed", range(5))
def test_fractions_and_grade_mix_are_met(seed: int) -> None:
    members = cohort(120, 200, seed)
    splits = assign_splits(members, [], PARAMS, seed)
    for kind, fractions in (("paired", PARAMS.annotated), ("weak", PARAMS.grade_only)):
        chosen = [member for member in members if member.supervision == kind]
        mix = Counter(member.grade for member in chosen)
        for split in SPLITS:
            inside = [member for member in chosen if splits[member.image] == split]
            wanted = getattr(fractions, split)
            assert len(inside) == pytest.approx(wanted * len(chosen), abs=4)
            for grade, count in Counter(member.grade for member in inside).items():
                assert count == pytest.approx(wanted * mix[grade], abs=3.5)


def test_another_seed_gives_another_split() -> None:
    members = cohort(30, 30, 0)
    assert assign_splits(members, [], PARAMS, 0) != assign_splits(members, [], PARAMS, 1)


def test_twins_keep_their_patients_together() -> None:
    members = cohort(40, 20, 3)
    chain = [("0_0", "1_0"), ("1_0", "2_0"), ("2_0", "45_0")]
    splits = assign_splits(members, chain, PARAMS, 0)
    assert len({splits[name] for pair in chain for name in pair}) == 1


def test_a_chain_of_twins_cannot_be_torn_apart_at_its_unplaced_middle() -> None:
    asked = {"0_0": "test", "2_0": "train"}  # 1_0 is a twin of both
    members = [
        Member(m.image, m.patient, m.supervision, m.grade, asked.get(m.image, ""))
        for m in cohort(40, 0, 3)
    ]
    with pytest.raises(InputError, match="1_0 and 2_0 show the same picture but fall into"):
        assign_splits(members, [("0_0", "1_0"), ("1_0", "2_0")], PARAMS, 0)


def test_the_split_column_wins_and_carries_the_patient_along() -> None:
    members = cohort(40, 0, 1)
    asked = [
        Member(m.image, m.patient, m.supervision, m.grade, "test" if m.image == "7_0" else "")
        for m in members
    ]
    splits = assign_splits(asked, [], PARAMS, 0)
    assert splits_of_patients(asked, splits)["P7"] == {"test"}


def test_a_complete_split_column_is_taken_as_it_is_even_with_a_split_left_out() -> None:
    members = [
        Member(f"{i}", f"P{i}", "paired", "A", "train" if i < 2 else "test") for i in range(3)
    ]
    assert assign_splits(members, [], PARAMS, 0) == {"0": "train", "1": "train", "2": "test"}


def test_unlabelled_images_are_in_no_split() -> None:
    members = [*cohort(8, 0, 0), Member("x", "P0", "unlabelled", "", "")]
    assert assign_splits(members, [], PARAMS, 0)["x"] == "none"


def test_too_few_patients_tell_how_many_are_needed() -> None:
    with pytest.raises(InputError, match="only 3 of its patients .*at least 4 are needed"):
        assign_splits(cohort(3, 5, 0), [], PARAMS, 0)


def test_a_column_that_leaves_too_few_to_deal_is_told_where_they_lack() -> None:
    members = [
        Member(f"{i}", f"P{i}", "paired", "A", "train" if i < 4 else "") for i in range(6)
    ]  # two are left for three splits
    with pytest.raises(InputError, match="leaves no patient with a mask or ratio for "):
        assign_splits(members, [], PARAMS, 0)


def test_patients_with_a_ratio_alone_are_spread_over_the_splits() -> None:
    """Else a split could end up without the masks that its stage needs."""
    members = [
        Member(f"{i}", f"P{i}", "paired" if i % 4 == 0 else "ratio", "A", "") for i in range(80)
    ]
    for seed in range(5):
        splits = assign_splits(members, [], PARAMS, seed)
        paired = Counter(
            splits[member.image] for member in members if member.supervision == "paired"
        )
        for split in SPLITS:
            wanted = 20 * getattr(PARAMS.annotated, split)
            assert paired[split] == pytest.approx(wanted, abs=1.5)


def test_fractions_must_add_up() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        Fractions(0.5, 0.2, 0.2, 0.2)


def folds(members: list[Member], twins: list[tuple[str, str]], seed: int) -> list[dict[str, str]]:
    each = (replace(PARAMS, fold=fold) for fold in range(PARAMS.folds))
    return [assign_splits(members, twins, params, seed) for params in each]


@settings(max_examples=20, deadline=None)
@given(st.integers(20, 60), st.integers(10, 40), st.integers(0, 999))
def test_over_all_folds_every_image_is_tested_once(
    annotated: int, grade_only: int, seed: int
) -> None:
    members = cohort(annotated, grade_only, seed)
    twins = [("0_0", "1_0")]
    parts = folds(members, twins, seed)
    for member in members:
        assert sum(splits[member.image] == "test" for splits in parts) == 1
    for splits in parts:
        assert all(len(found) == 1 for found in splits_of_patients(members, splits).values())
        assert splits["0_0"] == splits["1_0"]
        assert {splits[m.image] for m in members if m.supervision == "paired"} == SPLITS


def test_folds_are_of_one_size_and_the_rest_keeps_its_proportions() -> None:
    members = [m for m in cohort(150, 0, 0) if m.supervision == "paired"]
    for splits in folds(members, [], 0):
        count = Counter(splits.values())
        assert count["test"] == pytest.approx(len(members) / 5, abs=4)
        assert count["train"] / count["val"] == pytest.approx(0.5 / 0.12, rel=0.15)


def test_a_split_column_and_folds_contradict_each_other() -> None:
    members = cohort(20, 0, 0)
    members[0] = replace(members[0], split="train")
    with pytest.raises(InputError, match="already places patient P0: set split.fold to null"):
        assign_splits(members, [], replace(PARAMS, fold=1), 0)


@pytest.mark.parametrize(("fold", "message"), [(5, "between 0 and 4"), (-1, "between 0 and 4")])
def test_a_fold_that_is_none_is_refused(fold: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PARAMS, fold=fold)
