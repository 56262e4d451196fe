"""Phase 2 on stored features: what is frozen is computed once per view, not once per epoch.

Everything before the injection is frozen (equation 6), so an image always gives the same pooled
F3/F4 and the same fusion output of F_dec. They are computed once for each of a few views (flips and
right angles) and kept in files; an epoch then runs the head and the injection alone. Images
without a mask take part only in the regression, so of them only the pooled vector is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ivfgrade.atomic import read_json, write_json
from ivfgrade.dataset.arrays import Arrays
from ivfgrade.errors import InputError
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.model import AttnRegDeepLab, Features, Prediction
from ivfgrade.fragmentation.sampling import (
    FORWARD_BATCH,
    Embryos,
    Steps,
    in_chunks,
    load_masks,
    load_pixels,
    load_valid,
)
from ivfgrade.training.precision import Compute


def turn(maps: Tensor, view: int) -> Tensor:
    """One of the eight flips and right-angle rotations; view 0 leaves the map as it is."""
    turned = torch.rot90(maps, view % 4, (-2, -1))
    return turned.flip(-1) if view >= 4 else turned


class FeatureCache:
    """Features of some images from some views, in files below `folder`."""

    def __init__(self, folder: Path, indices: np.ndarray, paired: np.ndarray, views: int) -> None:
        self.folder, self.indices, self.views = folder, indices, views
        self.rows = {int(index): row for row, index in enumerate(indices)}
        with_mask = indices[paired[indices]]
        self.fused_rows = {int(index): row for row, index in enumerate(with_mask)}

    def fill(self, model: AttnRegDeepLab, arrays: Arrays, compute: Compute) -> FeatureCache:
        """Compute what an earlier, interrupted run has not already left complete."""
        self.folder.mkdir(parents=True, exist_ok=True)
        model.eval()
        one = self._compute(model, arrays, self.indices[:1], 0, compute)
        self.pooled = self._map("pooled", (len(self.rows), *one.pooled.shape[1:]), torch.float32)
        shape = (len(self.fused_rows), *one.fused.permute(0, 2, 3, 1).shape[1:])
        self.fused = self._map("fused", shape, compute.dtype)  # P K 75 75 256
        complete, content = self.folder / "complete.json", self._content()
        if not complete.exists() or read_json(complete) != content:
            complete.unlink(missing_ok=True)
            chunks = in_chunks(self.indices, FORWARD_BATCH)
            work = [(chunk, view) for view in range(self.views) for chunk in chunks]
            for chunk, view in tqdm(work, desc="cache frozen features", unit="batch"):
                self._store(chunk, view, self._compute(model, arrays, chunk, view, compute))
            write_json(complete, content)
        return self

    def _content(self) -> dict[str, Any]:
        """What the files hold; in another number format, say, they must not be read."""
        return {
            "images": list(self.rows),
            "paired": list(self.fused_rows),
            "pooled": list(self.pooled.shape),
            "fused": [*self.fused.shape, str(self.fused.dtype)],
        }

    def of(self, indices: np.ndarray, views: np.ndarray) -> Features:
        """Pooled features of all images; fused ones of those with a mask, which come first."""
        rows = torch.tensor([self.rows[int(i)] for i in indices])
        masked = [int(i) for i in indices if int(i) in self.fused_rows]
        if masked != [int(i) for i in indices[: len(masked)]]:
            raise ValueError("images with a mask must lead a step, or they would get wrong views")
        fused_rows = torch.tensor([self.fused_rows[i] for i in masked], dtype=torch.long)
        seen = torch.as_tensor(views)
        fused = self.fused[fused_rows, seen[: len(masked)]]  # P 75 75 256
        return Features(self.pooled[rows, seen], fused.permute(0, 3, 1, 2))

    @torch.no_grad()
    def _compute(
        self,
        model: AttnRegDeepLab,
        arrays: Arrays,
        chunk: np.ndarray,
        view: int,
        compute: Compute,
    ) -> Features:
        image, valid = (turn(maps, view) for maps in load_pixels(arrays, chunk, compute.device))
        image = image.contiguous(memory_format=torch.channels_last)
        with compute.autocast():
            return model.features(image, valid)

    def _store(self, chunk: np.ndarray, view: int, features: Features) -> None:
        for position, index in enumerate(map(int, chunk)):
            self.pooled[self.rows[index], view] = features.pooled[position].float().cpu()
            if index in self.fused_rows:
                fused = features.fused[position].permute(1, 2, 0)
                self.fused[self.fused_rows[index], view] = fused.to(self.fused.dtype).cpu()

    def _map(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        shape = (shape[0], self.views, *shape[1:])
        file = str(self.folder / f"{name}.bin")
        size = int(np.prod(shape))
        if not size:
            return torch.empty(shape, dtype=dtype)
        _reserve(Path(file), size * dtype.itemsize)
        return torch.from_file(file, shared=True, size=size, dtype=dtype).view(shape)


def _reserve(file: Path, size: int) -> None:
    """Claim the disk space now: a mapped file that meets a full disk ends the process unasked."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError as error:
        file.unlink()
        raise InputError(
            f"{file} needs {size / 1e9:.1f} GB for cached features ({error.strerror}): "
            "free some space, or lower views in params.yaml"
        ) from error
    finally:
        os.close(handle)


@dataclass
class CachedBatch(Batch):
    features: Features

    @property
    def inputs(self) -> tuple[Any, ...]:
        return self.features, self.valid

    def to(self, device: torch.device | str) -> CachedBatch:
        features = Features(*(part.to(device) for part in self.features))
        moved = {f.name: getattr(self, f.name).to(device) for f in fields(Batch)}
        return CachedBatch(**moved, features=features)


class CachedHeads(nn.Module):
    """The network after the cut, under the names that its parts have in the whole."""

    def __init__(self, model: AttnRegDeepLab) -> None:
        super().__init__()
        self.head, self.injection, self.classifier = model.head, model.injection, model.classifier
        self.decoder = nn.ModuleDict({"norm": model.decoder.norm})
        self.outline: Callable[..., Tensor] = model.outline

    def forward(self, features: Features, valid: Tensor) -> Prediction:
        masked = len(features.fused)
        v_reg = self.head(features.pooled)  # B 2048
        logits = self.outline(features.fused, v_reg[:masked], valid[:masked])  # P 2 S S
        nothing = logits.new_zeros(len(v_reg) - masked, *logits.shape[1:])
        mask_logits = torch.cat([logits, nothing])
        return Prediction(mask_logits, self.head.ratio(v_reg, mask_logits, valid))


class CachedBatches:
    """What `fit` iterates in phase 2: steps, each image seen from one of its cached views."""

    def __init__(
        self,
        cache: FeatureCache,
        embryos: Embryos,
        steps: Steps,
        device: torch.device,
    ) -> None:
        self.cache, self.embryos, self.steps, self.device = cache, embryos, steps, device

    def __len__(self) -> int:
        return len(self.steps)

    def epoch(self, number: int) -> Iterator[CachedBatch]:
        random = np.random.default_rng([self.steps.seed, number, 8])
        for indices in self.steps.epoch(number):
            views = random.integers(self.cache.views, size=len(indices))
            yield load_cached(self.cache, self.embryos, indices, views).to(self.device)


def load_cached(
    cache: FeatureCache, embryos: Embryos, indices: np.ndarray, views: np.ndarray
) -> CachedBatch:
    """The images' labels, masks and features, each seen from its view."""
    fragment, embryo = load_masks(embryos.arrays, indices)
    known = embryos.labels.of(indices)
    return CachedBatch(
        image=torch.zeros(len(indices), 0),  # the features stand for it
        valid=_turned(load_valid(embryos.arrays, indices), views),
        fragment=_turned(fragment, views),
        embryo=_turned(embryo, views),
        outlined=known["paired"],
        features=cache.of(indices, views),
        **known,
    )


def _turned(maps: Tensor, views: np.ndarray) -> Tensor:
    return torch.stack([turn(one, int(view)) for one, view in zip(maps, views, strict=True)])
