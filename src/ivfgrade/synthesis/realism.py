"""How far from real: frame statistics at network size, and a linear probe that tries to tell.

An area under the curve of 0.5 would mean that the probe cannot tell synthetic frames from real
ones, 1.0 that it always can. It is reported, not claimed: `python -m ivfgrade.synthesis.realism
REAL_FOLDER SYNTHETIC_FOLDER --style well --match 'pattern*' --group '[A-Z]+[0-9]+'`.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from ivfgrade.errors import InputError, one_line

SIZE = 299
LAGS = (1, 2, 3, 4, 5)
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
HIGH_PASS_PX = 8.0
RIDGE = 10.0
FOLDS = 5
REPEATS = 5


def frame(path: Path) -> np.ndarray:
    """Grey levels with the longer side at network size, without padding."""
    with Image.open(path) as image:
        grey = image.convert("L")
    scale = SIZE / max(grey.size)
    size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
    return np.asarray(grey.resize(size, Image.Resampling.BILINEAR), dtype=float)


def statistics(grey: np.ndarray) -> dict[str, float]:
    """The frame statistics of one picture, H W grey levels."""
    found = {"mean": grey.mean(), "sd": grey.std()}
    found |= {f"p{p}": np.percentile(grey, p) for p in PERCENTILES}
    found["saturated"] = (grey >= 254).mean()
    found["black"] = (grey <= 4).mean()
    third = grey.shape[0] // 3
    found["ramp"] = grey[:third].mean() - grey[-third:].mean()
    fine = grey - gaussian_filter(grey, HIGH_PASS_PX)
    found["high_pass_sd"] = fine.std()
    found["pixel_noise"] = np.median(np.abs(grey - gaussian_filter(grey, 1.0)))
    core = fine[grey.shape[0] // 4 : -grey.shape[0] // 4, grey.shape[1] // 4 : -grey.shape[1] // 4]
    core = core - core.mean()
    power = (core**2).mean() + 1e-9
    found["core_sd"] = np.sqrt(power)
    found["core_kurtosis"] = (core**4).mean() / power**2
    found["core_skew"] = (core**3).mean() / power**1.5
    for lag in LAGS:
        found[f"corr_x{lag}"] = (core[:, lag:] * core[:, :-lag]).mean() / power
        found[f"corr_y{lag}"] = (core[lag:] * core[:-lag]).mean() / power
    found["spectral_slope"] = spectral_slope(grey)
    return {name: float(value) for name, value in found.items()}


def spectral_slope(grey: np.ndarray) -> float:
    """Slope of log power over log frequency, between a tenth and nine tenths of the finest."""
    window = np.outer(np.hanning(grey.shape[0]), np.hanning(grey.shape[1]))
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2
    radius = np.hypot(*np.meshgrid(*map(np.fft.fftfreq, grey.shape), indexing="ij"))
    edges = np.geomspace(0.05, 0.45, 13)
    bins = np.digitize(radius.ravel(), edges)
    level = [power.ravel()[bins == i].mean() for i in range(1, len(edges))]
    middle = np.sqrt(edges[1:] * edges[:-1])
    return float(np.polyfit(np.log(middle), np.log(np.array(level) + 1e-9), 1)[0])


def auc(score: np.ndarray, label: np.ndarray) -> float:
    """Chance that a labelled one scores above an unlabelled one; ties count half."""
    above = score[label][:, None] - score[~label][None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def probe_auc(
    features: np.ndarray, real: np.ndarray, groups: Sequence[str], rng: np.random.Generator
) -> tuple[float, float]:
    """Mean and SD over repeats of the out-of-fold AUC of a balanced ridge probe, groups whole."""
    found = []
    for _ in range(REPEATS):
        fold = _folds(real, groups, rng)
        score = np.zeros(len(real))
        for k in range(FOLDS):
            held = fold == k
            score[held] = _ridge(features[~held], real[~held], features[held])
        found.append(auc(score, real))
    return float(np.mean(found)), float(np.std(found))


def _folds(real: np.ndarray, groups: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """Deal whole groups to folds, real and synthetic ones apart so that each fold has both."""
    names = np.asarray(groups)
    fold = np.zeros(len(names), dtype=int)
    for kind in (True, False):
        members = np.unique(names[real == kind])
        rng.shuffle(members)
        for rank, name in enumerate(members):
            fold[(names == name) & (real == kind)] = rank % FOLDS
    return fold


def _ridge(features: np.ndarray, real: np.ndarray, held: np.ndarray) -> np.ndarray:
    mean, sd = features.mean(axis=0), features.std(axis=0) + 1e-9
    x = (features - mean) / sd
    weight = np.where(real, 0.5 / max(real.sum(), 1), 0.5 / max((~real).sum(), 1)) * len(real)
    target = np.where(real, 1.0, -1.0)
    x1 = np.column_stack([x, np.ones(len(x))])
    penalty = RIDGE * np.eye(x1.shape[1])
    penalty[-1, -1] = 0
    beta = np.linalg.solve(x1.T @ (x1 * weight[:, None]) + penalty, x1.T @ (weight * target))
    return np.column_stack([(held - mean) / sd, np.ones(len(held))]) @ beta


def compare(
    real: Sequence[Path],
    real_groups: Sequence[str],
    made: Sequence[Path],
    made_groups: Sequence[str],
) -> str:
    """A table of every statistic's quartiles on both sides, and the probe's verdict."""
    if min(len(set(real_groups)), len(set(made_groups))) < FOLDS:
        raise InputError(
            f"the probe needs {FOLDS} groups on each side; found {len(real)} real images in "
            f"{len(set(real_groups))} groups and {len(made)} synthetic ones in "
            f"{len(set(made_groups))}: look at --match, --group and --style"
        )
    rows = [statistics(frame(path)) for path in [*real, *made]]
    table = np.array([list(row.values()) for row in rows])
    is_real = np.arange(len(rows)) < len(real)
    lines = [f"{len(real)} real, {len(made)} synthetic", "statistic  real 25/50/75 %  synthetic"]
    for column, name in enumerate(rows[0]):
        ours, theirs = (
            np.percentile(table[kind, column], (25, 50, 75)) for kind in (~is_real, is_real)
        )
        single = auc(table[:, column], is_real)
        show = ["/".join(f"{v:.3g}" for v in part) for part in (theirs, ours)]
        lines.append(f"{name:15s} {show[0]:>24s} {show[1]:>24s}  auc {single:.2f}")
    groups = [*(f"real {g}" for g in real_groups), *made_groups]
    mean, sd = probe_auc(table, is_real, groups, np.random.default_rng(0))
    return "\n".join([*lines, f"linear probe AUC {mean:.3f} (SD over fold draws {sd:.3f})"])


def report(real: Path, made: Path, style: str, match: str, group: str) -> str:
    real_files = sorted(path for path in real.glob(match) if path.is_file())
    found = [re.search(group, path.stem) for path in real_files]
    real_groups = [m.group(0) if m else p.stem for m, p in zip(found, real_files, strict=True)]
    listing = made / "truth.csv"
    if not listing.is_file():
        raise InputError(f"{listing} is missing; name the folder that the synthesize stage wrote")
    with listing.open(newline="") as file:
        rows = [row["image"] for row in csv.DictReader(file) if row["style"] == style]
    owners = [name.rsplit("_", 1)[0] for name in rows]
    return compare(real_files, real_groups, [made / "images" / name for name in rows], owners)


def main() -> None:
    parser = argparse.ArgumentParser(description="Can a linear probe tell synthetic from real?")
    parser.add_argument("real", type=Path, help="folder of real pictures")
    parser.add_argument("made", type=Path, help="folder that the synthesize stage wrote")
    parser.add_argument(
        "--style", required=True, help="of the synthetic ones: well, microscope, soft"
    )
    parser.add_argument("--match", default="*", help="glob of the real files of this style")
    parser.add_argument("--group", default=".+", help="regex of a real file's patient")
    given = parser.parse_args()
    with one_line():
        print(report(given.real, given.made, given.style, given.match, given.group))


if __name__ == "__main__":
    main()
