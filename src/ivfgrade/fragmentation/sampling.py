"""Which images make up a training step, and how they become tensors.

An epoch is one pass over the paired images, or over the others in a phase that takes none of them;
images without a mask come along in a fixed number per step, going round and round (S4.50). The
order is a function of (seed, epoch) alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ivfgrade.dataset.arrays import Arrays, load_arrays
from ivfgrade.errors import InputError
from ivfgrade.fragmentation.batches import Batch

FORWARD_BATCH = 8  # images per pass where nothing is learnt
Interval = Callable[[str], tuple[float, float]]  # the ratios that a grade allows
KINDS = {"paired": ("paired",), "unmasked": ("ratio", "weak")}  # kind -> supervision


class Labels:
    """The label columns of the manifest as tensors, in array order."""

    def __init__(self, manifest: pd.DataFrame, interval: Interval) -> None:
        grades = manifest["grade"].fillna("").astype(str)
        bounds = np.array([interval(grade) if grade else (0.0, 1.0) for grade in grades])
        bounds = bounds.reshape(-1, 2)
        ratio = manifest["ratio"].to_numpy(dtype=float)
        self.paired = torch.tensor((manifest["supervision"] == "paired").to_numpy())
        self.has_embryo = torch.tensor((manifest["embryo_source"] != "none").to_numpy())
        self.ratio = torch.tensor(np.nan_to_num(ratio), dtype=torch.float32)
        self.has_ratio = torch.tensor(~np.isnan(ratio))
        self.low = torch.tensor(bounds[:, 0], dtype=torch.float32)
        self.high = torch.tensor(bounds[:, 1], dtype=torch.float32)
        self.has_grade = torch.tensor((grades != "").to_numpy())

    def of(self, indices: np.ndarray) -> dict[str, Tensor]:
        rows = torch.as_tensor(indices)
        return {name: column[rows] for name, column in vars(self).items()}


@dataclass(frozen=True)
class Embryos:
    """A prepared data set and what its labels mean."""

    arrays: Arrays
    labels: Labels

    def paired(self, split: str) -> np.ndarray:
        images = self.arrays.indices(split, ("paired",))
        if not len(images):
            raise InputError(f"the {split} split has no paired image; give it some in split")
        return images

    def mean_ratio(self, split: str) -> float:
        """Of the paired images whose ratio is known: a mask without any outline has none."""
        images = self.paired(split)
        known = self.labels.ratio[images][self.labels.has_ratio[images]]
        if not len(known):
            raise InputError(f"no paired image of the {split} split has a ratio or an outline")
        return float(known.mean())


def load_embryos(folder: Path, interval: Interval) -> Embryos:
    arrays = load_arrays(folder)
    return Embryos(arrays, Labels(arrays.manifest, interval))


def any_ratio(_: str) -> tuple[float, float]:
    """Of a grade where grades are not learnt from."""
    return 0.0, 1.0


def load_pixels(
    arrays: Arrays, indices: np.ndarray, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor]:
    image = torch.from_numpy(np.stack([arrays.images[i] for i in indices]))  # B S S 3 uint8
    image = image.to(device).permute(0, 3, 1, 2).float().div_(255.0)
    return image, load_valid(arrays, indices).to(device)


def load_valid(arrays: Arrays, indices: np.ndarray) -> Tensor:
    valid = torch.from_numpy(np.stack([arrays.valid(i) for i in indices]))  # B S S
    return valid[:, None].float()


def load_masks(arrays: Arrays, indices: np.ndarray) -> tuple[Tensor, Tensor]:
    masks = torch.from_numpy(np.stack([arrays.masks[i] for i in indices]))  # B S S 2 uint8
    fragment, embryo = masks.permute(0, 3, 1, 2).float().split(1, dim=1)
    return fragment, embryo


def load_batch(embryos: Embryos, indices: np.ndarray) -> Batch:
    image, valid = load_pixels(embryos.arrays, indices)
    fragment, embryo = load_masks(embryos.arrays, indices)
    everywhere = torch.ones(len(indices), dtype=torch.bool)
    known = embryos.labels.of(indices)
    return Batch(image, valid, fragment, embryo, outlined=everywhere, **known)


class Steps:
    """The index lists of every step of an epoch, by kind of supervision."""

    def __init__(self, arrays: Arrays, split: str, batch: dict[str, int], seed: int) -> None:
        unknown = sorted(set(batch) - set(KINDS))
        if unknown:
            raise InputError(
                f"a phase's batch names {', '.join(unknown)}; it can name {', '.join(KINDS)}"
            )
        self.seed = seed
        pools = {kind: arrays.indices(split, KINDS[kind]) for kind in batch}
        self.first = next(kind for kind in KINDS if batch.get(kind))
        if not len(pools[self.first]):
            raise InputError(f"the {split} split has no {self.first} image, which training needs")
        used = [kind for kind in KINDS if batch.get(kind) and len(pools[kind])]
        self.pools = {kind: pools[kind] for kind in used}  # paired ones lead every step
        self.batch = batch

    def __len__(self) -> int:
        return -(-len(self.pools[self.first]) // self.batch[self.first])

    def counts(self) -> dict[str, int]:
        """How many images of each kind take part."""
        return {kind: len(pool) for kind, pool in self.pools.items()}

    def passes(self) -> int:
        """How many images an epoch shows, each as often as it comes."""
        others = sum(len(self) * self.batch[kind] for kind in self.pools if kind != self.first)
        return len(self.pools[self.first]) + others

    def epoch(self, number: int) -> Iterator[np.ndarray]:
        rounds = {kind: self._round(kind, number) for kind in self.pools}
        for step in range(len(self)):
            yield np.concatenate(
                [
                    order[step * self.batch[k] : (step + 1) * self.batch[k]]
                    for k, order in rounds.items()
                ]
            )

    def _round(self, kind: str, number: int) -> np.ndarray:
        """The kind's order for one epoch, repeated in new orders until every step is served."""
        pool, wanted = self.pools[kind], len(self) * self.batch[kind]
        laps = 1 if kind == self.first else -(-wanted // len(pool))
        random = np.random.default_rng([self.seed, number, list(KINDS).index(kind)])
        return np.concatenate([random.permutation(pool) for _ in range(laps)])


class EmbryoBatches:
    """What `fit` iterates: steps, loaded, moved to the device and seen from a random view."""

    def __init__(
        self,
        embryos: Embryos,
        steps: Steps,
        view: Callable[[Batch, torch.Generator], Batch],
        device: torch.device,
    ) -> None:
        self.embryos, self.steps, self.view, self.device = embryos, steps, view, device

    def __len__(self) -> int:
        return len(self.steps)

    def epoch(self, number: int) -> Iterator[Batch]:
        random = torch.Generator().manual_seed(self.steps.seed * 100_003 + number)
        for indices in self.steps.epoch(number):
            batch = load_batch(self.embryos, indices).to(self.device)
            yield self.view(batch, random)


def in_chunks(indices: np.ndarray, size: int) -> Sequence[np.ndarray]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]
