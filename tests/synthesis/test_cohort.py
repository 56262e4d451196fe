from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest

from ivfgrade.synthesis.cohort import Cohort, cases, patient, wanted
from ivfgrade.synthesis.params import SynthesisParams

Make = Callable[..., SynthesisParams]


@pytest.mark.parametrize(("paired", "weak"), [(0, 0), (1, 0), (0, 5), (17, 30), (318, 130)])
def test_counts_are_exact(synthesis: Make, paired: int, weak: int) -> None:
    made = list(cases(synthesis(paired=paired, weak=weak), seed=1))
    assert [case.paired for case in made] == [True] * paired + [False] * weak
    assert len({(case.patient, case.embryo) for case in made}) == paired + weak


def test_more_images_leave_the_first_ones_alone(synthesis: Make) -> None:
    few = list(cases(synthesis(paired=20, weak=0), seed=1))
    many = list(islice(cases(synthesis(paired=90, weak=9), seed=1), 20))
    assert few == many


def test_defects_come_last_and_belong_to_nobody_else(synthesis: Make) -> None:
    asked = {"defocus": 2, "saturation": 1, "empty": 3, "two_embryos": 1}
    made = list(cases(synthesis(paired=4, weak=4, defects=asked), seed=1))
    sick = made[8:]
    assert {name: sum(c.defect == name for c in sick) for name in asked} == asked
    assert not {c.patient for c in sick} & {c.patient for c in made[:8]}
    assert not any(c.paired for c in sick)


def test_patients_have_two_to_eight_embryos_four_on_average() -> None:
    counts = [patient(number, 0, 8).embryos for number in range(400)]
    assert min(counts) == 2
    assert max(counts) in (7, 8)
    assert np.mean(counts) == pytest.approx(4, abs=0.2)


def test_grades_follow_the_mix(synthesis: Make) -> None:
    params = synthesis()
    rng = np.random.default_rng(0)
    owner = patient(0, 0, 8)
    ratios = np.array([wanted(owner, params, rng).ratio for _ in range(3000)])
    grade = np.searchsorted(params.grade_borders, ratios, side="right")
    share = np.bincount(grade, minlength=4) / 3000
    assert share == pytest.approx([0.35, 0.30, 0.22, 0.13], abs=0.03)
    assert ratios.max() <= 0.80
    assert (ratios[grade == 0] == 0).mean() == pytest.approx(0.2, abs=0.05)


def test_embryos_of_one_patient_share_what_they_should(synthesis: Make) -> None:
    params, rng = synthesis(), np.random.default_rng(0)
    shells = [[wanted(patient(n, 0, 8), params, rng).zona for _ in range(6)] for n in range(12)]
    thickness = np.array([[zona.thickness_um for zona in row] for row in shells])
    assert thickness.std(axis=1).mean() < 0.5 * thickness.mean(axis=1).std()


@pytest.mark.parametrize(
    "change",
    [
        {"styles": {"well": 0.5, "microscope": 0.3}},
        {"stages": {"2": 0.5, "3": 0.5, "4": 0.5}},
        {"grade_borders": (0.25, 0.10, 0.5)},
        {"grade_borders": (0.1, 0.25)},
        {"focus_depth_um": 0.0},
        {"paired": -1},
        {"sites": 0},
        {"defects": {"empty": 1}},
    ],
)
def test_nonsense_is_refused_by_name(synthesis: Make, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        synthesis(**change)


def test_the_order_of_keys_changes_nothing(synthesis: Make) -> None:
    tables = ("styles", "stages", "patterns", "grade_mix")
    plain = synthesis()
    turned = synthesis(**{k: dict(reversed(getattr(plain, k).items())) for k in tables})
    assert all(list(getattr(turned, k)) == list(getattr(plain, k)) for k in tables)


def test_unknown_and_missing_keys_are_refused(synthesis: Make) -> None:
    with pytest.raises(TypeError, match="colour"):
        synthesis(colour=1)
    with pytest.raises(TypeError, match="paired"):
        SynthesisParams()  # type: ignore[call-arg]


def test_strangers_are_others_of_the_same_sites_and_few_of_each(synthesis: Make) -> None:
    params = synthesis(paired=40, weak=0)
    known = list(cases(params, seed=1))
    strangers = list(cases(params, 1, Cohort(first_patient=100_000, embryos_most=2)))
    assert not {one.patient for one in known} & {one.patient for one in strangers}
    assert len(strangers) == 40
    counts = Counter(one.patient for one in strangers)
    assert max(counts.values()) <= 2
    assert len(counts) >= 20
    sites = [{patient(one.patient, 1, 5).site for one in those} for those in (known, strangers)]
    assert sites[0] == sites[1] == set(range(5))
