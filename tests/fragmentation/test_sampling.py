"""Steps: one pass over the paired images per epoch, unmasked ones in fixed number alongside."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pytest
import torch

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.sampling import Embryos, Labels, Steps, load_batch
from tests.fragmentation.arrays import SCHEME, tiny_arrays


def test_an_epoch_is_one_pass_over_the_paired_images() -> None:
    steps = Steps(tiny_arrays(paired=6), "train", {"paired": 4, "unmasked": 2}, seed=0)
    seen = list(steps.epoch(0))
    paired = np.concatenate([step[step < 6] for step in seen])
    assert len(steps) == len(seen) == 2
    assert sorted(paired) == list(range(6))
    assert all(((step >= 6) & (step < 11)).sum() == 2 for step in seen)


def test_unmasked_images_go_round_before_any_repeats() -> None:
    arrays = tiny_arrays(paired=6, weak=2, ratio_only=1)
    steps = Steps(arrays, "train", {"paired": 1, "unmasked": 1}, seed=0)
    unmasked = [int(step[1]) for step in steps.epoch(0)]
    assert sorted(unmasked[:3]) == sorted(unmasked[3:]) == [6, 7, 8]


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        steps = Steps(tiny_arrays(), "train", {"paired": 2, "unmasked": 1}, seed)
        return np.concatenate(list(steps.epoch(epoch))).tolist()

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


@pytest.mark.parametrize("batch", [{"paired": 4, "unmasked": 1}, {"unmasked": 2}, {"paired": 4}])
def test_an_epoch_shows_as_many_images_as_it_says(batch: dict[str, int]) -> None:
    steps = Steps(tiny_arrays(), "train", batch, seed=0)
    assert steps.passes() == sum(len(step) for step in steps.epoch(3))


def test_other_splits_are_never_drawn() -> None:
    arrays = tiny_arrays()
    steps = Steps(arrays, "train", {"paired": 4, "unmasked": 4}, seed=0)
    drawn = np.concatenate([step for epoch in range(3) for step in steps.epoch(epoch)])
    assert set(arrays.manifest["split"].iloc[drawn]) == {"train"}


def test_a_set_without_weak_images_trains_on_pairs_alone() -> None:
    arrays = tiny_arrays(weak=0, ratio_only=0)
    steps = Steps(arrays, "train", {"paired": 4, "unmasked": 4}, seed=0)
    assert [len(step) for step in steps.epoch(0)] == [4, 2]


def test_the_order_in_which_a_batch_names_its_kinds_changes_nothing() -> None:
    def steps(**batch: int) -> list[list[int]]:
        drawn = Steps(tiny_arrays(paired=6), "train", batch, seed=0)
        return [step.tolist() for step in drawn.epoch(0)]

    assert steps(unmasked=2, paired=3) == steps(paired=3, unmasked=2)
    assert all(max(step[:3]) < 6 <= min(step[3:]) for step in steps(unmasked=2, paired=3))


def test_without_paired_images_an_epoch_is_one_pass_over_the_others() -> None:
    steps = Steps(tiny_arrays(paired=6), "train", {"paired": 0, "unmasked": 2}, seed=0)
    assert len(steps) == 3  # of five


def test_an_unknown_ratio_is_not_taken_for_zero() -> None:
    arrays = tiny_arrays()
    arrays.manifest.loc[0, "ratio"] = np.nan
    embryos = Embryos(arrays, Labels(arrays.manifest, SCHEME.interval))
    expected = arrays.manifest["ratio"].to_numpy(float)[1:6].mean()
    assert embryos.mean_ratio("train") == pytest.approx(expected, rel=1e-5)


def test_no_paired_image_is_an_error() -> None:
    with pytest.raises(InputError, match="no paired image"):
        Steps(tiny_arrays(paired=0), "train", {"paired": 4}, seed=0)


def test_labels_say_what_is_known_of_each_image() -> None:
    manifest = tiny_arrays(paired=1, weak=1, ratio_only=1, val=0).manifest
    labels = Labels(manifest, SCHEME.interval)
    assert labels.paired.tolist() == [True, False, False]
    assert labels.has_ratio.tolist() == [True, False, True]
    assert labels.has_grade.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("grade", "margin", "expected"),
    [("A", 0.0, (0.0, 0.10)), ("B", 0.02, (0.08, 0.27)), ("D", 0.02, (0.48, 1.0))],
)
def test_a_grade_is_an_interval_widened_by_the_margin(
    grade: str, margin: float, expected: tuple[float, float]
) -> None:
    manifest = tiny_arrays(paired=0, weak=1, ratio_only=0, val=0).manifest.assign(grade=grade)
    labels = Labels(manifest, partial(SCHEME.widened, margin=margin))
    bounds = torch.stack([labels.low, labels.high])[:, 0]
    torch.testing.assert_close(bounds, torch.tensor(expected))


def test_a_batch_is_its_images_masks_and_labels() -> None:
    arrays = tiny_arrays()
    embryos = Embryos(arrays, Labels(arrays.manifest, SCHEME.interval))
    batch = load_batch(embryos, np.array([3, 7]))
    assert batch.image.shape == (2, 3, arrays.size, arrays.size)
    assert float(batch.image.max()) <= 1.0
    np.testing.assert_allclose(batch.image[0, 0] * 255, arrays.images[3][..., 0], atol=1e-3)
    np.testing.assert_array_equal(batch.fragment[0, 0], arrays.masks[3][..., 0])
    np.testing.assert_array_equal(batch.embryo[0, 0], arrays.masks[3][..., 1])
    np.testing.assert_array_equal(batch.valid[0, 0] > 0, arrays.valid(3))
    assert batch.paired.tolist() == [True, False]
    assert not batch.fragment[1].any()
    assert all(len(getattr(batch, f.name)) == 2 for f in dataclasses.fields(batch))
