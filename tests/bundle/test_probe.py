"""Evidence: what can be told is told, and what cannot is not, once the patient is a stranger."""

import numpy as np
import pytest

from ivfgrade.bundle.probe import evidence_of_strangers, fit_probe

RNG = np.random.default_rng(0)


def auc(evidence: np.ndarray, defective: np.ndarray) -> float:
    return float((evidence[defective][:, None] > evidence[~defective][None]).mean())


def test_the_probe_finds_the_direction_whatever_the_units_of_its_clues():
    defective = RNG.random(400) < 0.3
    clues = RNG.standard_normal((400, 3))
    clues[:, 1] += 3.0 * defective
    units = np.array([1e3, 1e-3, 0.0])  # the last clue never changes
    found, plain = (
        fit_probe(of, defective).evidence(of) for of in (clues * units, clues * [1, 1, 0])
    )
    assert found == pytest.approx(plain, abs=1e-6)
    assert auc(found, defective) > 0.95


def test_evidence_of_strangers_is_not_fooled_by_many_clues():
    """With more clues than pictures a probe fits anything that it has seen."""
    defective, clues = np.arange(200) % 2 == 0, RNG.standard_normal((200, 500))
    assert auc(fit_probe(clues, defective).evidence(clues), defective) == 1.0
    strangers = evidence_of_strangers(clues, defective, np.ones(200, bool), np.arange(200) // 2)
    assert auc(strangers, defective) == pytest.approx(0.5, abs=0.12)


def test_a_patient_is_never_judged_by_a_probe_that_saw_her():
    """Patients are told by their clues, so a probe that saw one would know her pictures."""
    patients = np.repeat(np.arange(60), 4)
    defective = (RNG.random(60) < 0.5)[patients]
    clues = RNG.standard_normal((60, 300))[patients] + 0.01 * RNG.standard_normal((240, 300))
    found = evidence_of_strangers(clues, defective, np.ones(240, bool), patients)
    assert auc(found, defective) == pytest.approx(0.5, abs=0.15)


def test_pictures_with_another_defect_teach_nothing():
    defective, clues = np.arange(120) % 3 == 0, RNG.standard_normal((120, 4))
    known = np.arange(120) % 3 != 1
    wild = clues.copy()
    wild[~known] *= 1e6
    args = defective, known, np.arange(120)
    assert np.array_equal(evidence_of_strangers(clues, *args)[known],
                          evidence_of_strangers(wild, *args)[known])  # fmt: skip
