"""A folder of labelled images in the layout of the data contract, and what the graph says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from tqdm import tqdm

from ivfgrade.bundle.ports import DECIDED, NUMBERS
from ivfgrade.bundle.refusal import MEASURES, REFUSALS
from ivfgrade.bundle.session import Failed, compute
from ivfgrade.dataset.contract import Sample, read_contract
from ivfgrade.dataset.images import read_image, read_mask
from ivfgrade.dataset.outline import embryo_outline
from ivfgrade.dataset.truth import true_ratio
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme

DEFECT = "defect"  # optional column of labels.csv: what is wrong with a picture, planted


@dataclass(frozen=True)
class Measured:
    """Line by line the same images."""

    table: pd.DataFrame  # image, patient, defect, truth (NaN: nobody knows), NUMBERS, MEASURES
    clues: dict[str, np.ndarray]  # by output, [N,K] each


def measured_folder(
    session: onnxruntime.InferenceSession,
    root: Path,
    scheme: GradingScheme,
    clues: Sequence[str] = (),
) -> Measured:
    """What a graph says of each labelled image; `clues` are further outputs of it."""
    samples = samples_of(root, scheme)
    outputs = (*NUMBERS, *DECIDED, "measured", *clues)
    bar = tqdm(total=len(samples), desc=f"measure {root.name}", unit="image")
    lines: list[dict[str, Any]] = []
    rows: dict[str, list[np.ndarray]] = {name: [] for name in clues}
    paths = [sample.image_path(root) for sample in samples]
    for sample, done in zip(samples, compute(session, paths, outputs), strict=True):
        bar.update()
        if isinstance(done, Failed):
            raise InputError(f"{done.path}: {done.reason}")
        lines.append({**_known(sample, root), **_told(done.found)})
        for name in clues:
            rows[name].append(done.found[name])
    bar.close()
    return Measured(pd.DataFrame(lines), {name: np.stack(found) for name, found in rows.items()})


def samples_of(root: Path, scheme: GradingScheme) -> Sequence[Sample]:
    """Of a folder without fatal problems, in the order of its labels."""
    contract = read_contract(root, scheme)
    fatal = [problem for problem in contract.problems if problem.fatal]
    if fatal or not contract.samples:
        first = next(iter((*fatal, *contract.problems)), None)
        raise InputError(f"{root} holds no labelled image{f': {first}' if first else ''}")
    return contract.samples


def left_out(root: Path, scheme: GradingScheme) -> list[str]:
    """Why a row of the labels is none of `samples_of`, each in words."""
    return [str(problem) for problem in read_contract(root, scheme).problems]


def _known(sample: Sample, root: Path) -> dict[str, Any]:
    defect = sample.extra.get(DEFECT, "")
    return {"image": sample.image, "patient": sample.patient, "defect": defect,
            "truth": truth_of(sample, root)}  # fmt: skip


def _told(found: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Numbers, measures and reasons of refusal as columns."""
    numbers = {name: float(found[name]) for name in (*NUMBERS, "ratio_low", "ratio_high")}
    grades = {name: int(found[name]) for name in ("grade", "grade_low", "grade_high")}
    measures = dict(zip(MEASURES, map(float, found["measured"]), strict=True))
    codes = [one.code for one, flag in zip(REFUSALS, found["refused"], strict=True) if flag]
    return {**numbers, **grades, **measures, "refused": " ".join(codes)}


def truth_of(sample: Sample, root: Path) -> float:
    """The ratio as the data contract finds it: given, or of masks; NaN where nobody knows."""
    if sample.ratio is not None:
        return sample.ratio
    marked = sample.fragment_path(root)
    if marked is None:
        return float("nan")
    image = read_image(sample.image_path(root))
    fragment = read_mask(marked, image.shape).pixels
    given = sample.embryo_path(root)
    outline = None if given is None else read_mask(given, image.shape).pixels
    embryo, source = embryo_outline(image, outline, fragment)
    ratio, _ = true_ratio(None, fragment, embryo, source)
    return float("nan") if ratio is None else ratio


def good_of(table: pd.DataFrame) -> np.ndarray:
    """Whether a line is of a picture without a planted defect [N]."""
    return (table["defect"] == "").to_numpy()
