from __future__ import annotations

import numpy as np
import pytest

from ivfgrade.errors import InputError
from ivfgrade.synthesis.realism import auc, compare, probe_auc, spectral_slope, statistics


def test_auc_counts_pairs() -> None:
    label = np.array([True, True, False, False])
    assert auc(np.array([2.0, 3, 0, 1]), label) == 1
    assert auc(np.array([0.0, 3, 1, 2]), label) == 0.5
    assert auc(np.array([1.0, 1, 1, 1]), label) == 0.5


def test_the_probe_sees_a_difference_and_invents_none() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((120, 6))
    real = np.arange(120) < 40
    groups = [f"g{i // 2}" for i in range(120)]
    same, _ = probe_auc(features, real, groups, rng)
    assert 0.3 < same < 0.7
    shifted, _ = probe_auc(features + 3.0 * real[:, None], real, groups, rng)
    assert shifted > 0.98


def test_grouped_folds_do_not_reward_remembering_a_patient() -> None:
    """Each group has its own offset, neither side a common one: loose folds would score near 1."""
    rng = np.random.default_rng(1)
    offsets = np.repeat(rng.standard_normal((30, 30)) * 5, 8, axis=0)
    features = offsets + 0.01 * rng.standard_normal(offsets.shape)
    real = np.repeat(np.arange(30) < 15, 8)
    groups = [str(i // 8) for i in range(240)]
    assert probe_auc(features, real, groups, rng)[0] < 0.75


def test_statistics_of_a_ramp() -> None:
    ramp = np.repeat(np.linspace(200, 100, 120)[:, None], 90, axis=1)
    found = statistics(ramp)
    assert found["mean"] == pytest.approx(150)
    assert found["p50"] == pytest.approx(150)
    assert found["ramp"] == pytest.approx(100 * 2 / 3, rel=0.02)
    assert found["saturated"] == found["black"] == 0


def test_white_noise_has_a_flat_spectrum_and_no_correlation() -> None:
    noise = 128 + 20 * np.random.default_rng(0).standard_normal((200, 200))
    assert spectral_slope(noise) == pytest.approx(0, abs=0.1)
    found = statistics(noise)
    assert found["corr_x1"] == pytest.approx(0, abs=0.05)
    assert found["core_kurtosis"] == pytest.approx(3, abs=0.2)


def test_too_few_groups_are_refused() -> None:
    with pytest.raises(InputError, match="groups"):
        compare([], [], [], [])
