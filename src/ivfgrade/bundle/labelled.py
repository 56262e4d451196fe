"""A folder of labelled images in the layout of the data contract, and what the graph says of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from tqdm import tqdm

from ivfgrade.bundle.graph import NETWORK_NUMBERS
from ivfgrade.bundle.quality import MEASURES
from ivfgrade.bundle.session import Failed, compute
from ivfgrade.dataset.contract import Sample, read_contract
from ivfgrade.dataset.images import read_image, read_mask
from ivfgrade.dataset.outline import embryo_outline
from ivfgrade.dataset.truth import true_ratio
from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme

DEFECT = "defect"  # optional column of labels.csv: what is wrong with a picture, planted


def measured_folder(
    session: onnxruntime.InferenceSession, root: Path, scheme: GradingScheme
) -> pd.DataFrame:
    """One line per image that can be read: patient, true ratio (NaN where nobody knows), planted
    defect, the network's numbers and the quality measures."""
    contract = read_contract(root, scheme)
    fatal = [problem for problem in contract.problems if problem.fatal or not contract.samples]
    if fatal or not contract.samples:
        raise InputError(f"{root}: {fatal[0] if fatal else 'holds no labelled image'}")
    lines = []
    bar = tqdm(total=len(contract.samples), desc=f"measure {root.name}", unit="image")
    paths = [sample.image_path(root) for sample in contract.samples]
    outputs = (*NETWORK_NUMBERS, "measured")
    for sample, done in zip(contract.samples, compute(session, paths, outputs), strict=True):
        bar.update()
        if isinstance(done, Failed):
            raise InputError(f"{done.path}: {done.reason}")
        numbers = {name: float(done.found[name]) for name in NETWORK_NUMBERS}
        quality = dict(zip(MEASURES, map(float, done.found["measured"]), strict=True))
        lines.append({"image": sample.image, "patient": sample.patient,
                      "defect": sample.extra.get(DEFECT, ""),
                      "truth": _truth(sample, root), **numbers, **quality})  # fmt: skip
    bar.close()
    return pd.DataFrame(lines)


def _truth(sample: Sample, root: Path) -> float:
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


def good_of(table: pd.DataFrame) -> pd.DataFrame:
    """Without the planted defects."""
    return table[table["defect"] == ""]


def by_defect(table: pd.DataFrame, names: Sequence[str] = MEASURES) -> dict[str, np.ndarray]:
    """Quality measures [N,Q] of each planted defect."""
    parts = table[table["defect"] != ""].groupby("defect")
    return {str(defect): part[list(names)].to_numpy(float) for defect, part in parts}
