"""Write the arrays that training reads: decode, outline, letterbox; one image at a time, all cores.

Workers write their rows straight into memory maps: memory stays bounded, and the bytes do not
depend on the number of workers.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.format import open_memmap

from ivfgrade.atomic import write_json
from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, IMAGES, MANIFEST, MASKS, SUMMARY
from ivfgrade.dataset.contract import SPLITS, SUPERVISIONS, Contract, Sample
from ivfgrade.dataset.images import file_sha256, read_image, read_mask
from ivfgrade.dataset.letterbox import pad_image, pad_mask, place
from ivfgrade.dataset.outline import embryo_outline
from ivfgrade.dataset.pool import map_with_progress
from ivfgrade.dataset.split import SplitParams, assign_splits, members_of
from ivfgrade.dataset.truth import grade_disagreement, true_ratio
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme


@dataclass(frozen=True)
class BuildParams:
    size: int
    split: SplitParams
    seed: int


@dataclass(frozen=True)
class _Job:
    """One image for a worker: where it is, and the row of the arrays that it fills."""

    row: int
    image: Path
    fragment: Path | None
    embryo: Path | None
    ratio: float | None
    arrays: Path
    size: int


def build_arrays(
    contract: Contract,
    scheme: GradingScheme,
    twins: Iterable[tuple[str, str]],
    params: BuildParams,
    out: Path,
    workers: int | None = None,
) -> dict[str, Any]:
    """Fill `out` with images.npy, masks.npy, manifest.csv and summary.json; returns the summary."""
    samples = contract.samples
    if not samples:
        raise InputError(f"{contract.root} holds no usable image; run ivfgrade data check on it")
    _allocate(out, len(samples), params.size)
    jobs = [_job(contract, row, out, params.size) for row in range(len(samples))]
    facts = map_with_progress(_fill_row, jobs, "preprocess", workers)
    members = members_of(samples, [fact["ratio"] for fact in facts], scheme)
    splits = assign_splits(members, twins, params.split, params.seed)
    manifest = pd.DataFrame(
        [_manifest_row(s, f, splits[s.image]) for s, f in zip(samples, facts, strict=True)]
    )
    manifest.fillna("").to_csv(out / MANIFEST, index=False, lineterminator="\n")
    summary = _summary(samples, facts, splits, scheme, params)
    write_json(out / SUMMARY, summary)
    return summary


def _allocate(folder: Path, count: int, size: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, channels in ((IMAGES, 3), (MASKS, 2)):
        open_memmap(folder / name, "w+", np.uint8, (count, size, size, channels)).flush()


def _job(contract: Contract, row: int, arrays: Path, size: int) -> _Job:
    sample = contract.samples[row]
    return _Job(
        row=row,
        image=sample.image_path(contract.root),
        fragment=sample.fragment_path(contract.root),
        embryo=sample.embryo_path(contract.root),
        ratio=sample.ratio,
        arrays=arrays,
        size=size,
    )


def _fill_row(job: _Job) -> dict[str, Any]:
    image = read_image(job.image)  # H W 3
    fragment = _mask_of(job.fragment, image)
    embryo, embryo_source = embryo_outline(image, _mask_of(job.embryo, image), fragment)
    ratio, ratio_source = true_ratio(job.ratio, fragment, embryo, embryo_source)
    placement = place(image.shape[0], image.shape[1], job.size)
    open_memmap(job.arrays / IMAGES, "r+")[job.row] = pad_image(image, placement)
    masks = open_memmap(job.arrays / MASKS, "r+")
    for channel, mask in ((FRAGMENT, fragment), (EMBRYO, embryo)):
        if mask is not None:
            masks[job.row, :, :, channel] = pad_mask(mask, placement)
    geometry = asdict(placement)
    geometry.pop("size")  # the same for all, and the shape of the arrays
    return {
        "ratio": ratio,
        "ratio_source": ratio_source,
        "has_fragment": int(fragment is not None),
        "embryo_source": embryo_source,
        **geometry,
        "sha256": file_sha256(job.image),
        "digest": _digest(image, fragment, embryo),
    }


def _mask_of(path: Path | None, image: np.ndarray) -> np.ndarray | None:
    return None if path is None else read_mask(path, image.shape).pixels


def _digest(*arrays: np.ndarray | None) -> str:
    """Of decoded pixels: saving a picture anew without loss does not change it."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(b"none" if array is None else repr(array.shape).encode() + array.tobytes())
    return digest.hexdigest()


def _manifest_row(sample: Sample, fact: dict[str, Any], split: str) -> dict[str, Any]:
    row = {
        "image": sample.image,
        "patient": sample.patient,
        "site": sample.site,
        "stage": sample.stage,
        "split": split,
        "supervision": sample.supervision,
        "grade": sample.grade,
        **fact,
        "ratio": "" if fact["ratio"] is None else f"{fact['ratio']:.9g}",
    }
    row.pop("digest")
    renamed = {name if name not in row else f"label_{name}": v for name, v in sample.extra.items()}
    return {**row, **renamed}


def _summary(
    samples: list[Sample],
    facts: list[dict[str, Any]],
    splits: dict[str, str],
    scheme: GradingScheme,
    params: BuildParams,
) -> dict[str, Any]:
    counts = Counter((splits[sample.image], sample.supervision) for sample in samples)
    patients = {(splits[sample.image], sample.patient) for sample in samples}
    known = ((s.grade, f["ratio"]) for s, f in zip(samples, facts, strict=True))
    return {
        "images": len(samples),
        "patients": len({sample.patient for sample in samples}),
        "size": params.size,
        "fold": params.split.fold,
        "grading": {"id": scheme.id, "version": scheme.version},
        "images_per_split": {
            split: {kind: counts[split, kind] for kind in SUPERVISIONS}
            for split in (*SPLITS, "none")
        },
        "patients_per_split": {
            split: sum(where == split for where, _ in patients) for split in (*SPLITS, "none")
        },
        "embryo_source": dict(Counter(fact["embryo_source"] for fact in facts)),
        "ratio_source": dict(Counter(fact["ratio_source"] or "none" for fact in facts)),
        "grade_disagreement": grade_disagreement(known, scheme),
        "data_digest": _data_digest(samples, facts),
    }


def _data_digest(samples: list[Sample], facts: list[dict[str, Any]]) -> str:
    digest = hashlib.sha256()
    for sample, fact in zip(samples, facts, strict=True):
        digest.update(repr((asdict(sample), fact["digest"])).encode())
    return digest.hexdigest()
