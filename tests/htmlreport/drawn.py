"""A tiny study on disk: eight images, three rows, one of them without outlines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from ivfgrade.grading import GradingScheme
from ivfgrade.htmlreport.sources import Folders

SIZE, COUNT = 32, 8
SCHEME = GradingScheme("s1-abcd", 1, ("A", "B", "C", "D"), (0.0, 0.1, 0.25, 0.5, 1.0))
HOSTILE = "</script><script>alert(1)</script>'\"&.png"
NAMES = [HOSTILE, *(f"Erika Muster, day {number}.png" for number in range(1, COUNT))]
PATIENTS = [f"Muster, Erika {number // 2}" for number in range(COUNT)]
STAGES = [HOSTILE, *["4"] * (COUNT - 1)]
DICE = {"A": 0.7, "F": 0.8}
ROWS = ("A", "B2", "F")
OLD_ROW = "Z"  # on disk, but no longer in the table


def truth(number: int) -> np.ndarray:
    """S S: a square whose side grows with the number; the first image has no fragment."""
    mask = np.zeros((SIZE, SIZE), bool)
    mask[10 : 10 + number, 8 : 8 + number] = True
    return mask


def drawn(row: str, number: int) -> np.ndarray:
    """S S: the truth, moved by a pixel in A, with a speck in F."""
    mask = np.roll(truth(number), 1, axis=1) if row == "A" else truth(number)
    mask[5, 4] = row == "F"
    return mask


def write_study(folder: Path) -> Folders:
    folders = Folders(
        data=folder / "data",
        experiments=folder / "experiments",
        comparison=folder / "comparison",
        texture=folder / "texture",
        focus=folder / "focus",
        provenance=folder / "provenance",
    )
    _write_data(folders.data)
    for row in (*ROWS, OLD_ROW):
        _write_row(folders.experiments / row, row)
    return folders


def write_focus(folder: Path, row: str, verdict: str, why: str | None = None) -> None:
    """`why` None: as versions wrote it that gave no reason."""
    cell = {"value": 1.25, "low": 1.1, "high": 1.4}
    control = {"verdict": verdict, "rank_correlation": {"value": 0.86, "low": 0.81, "high": 0.89}}
    control |= {} if why is None else {"why": why}
    asked = ("concentration", "concentration_within", "concentration_embryo")
    numbers = {"gradcam_pp": {**dict.fromkeys(asked, cell), "control": {"head": control}}}
    (folder / row).mkdir(parents=True)
    (folder / row / "metrics.json").write_text(json.dumps(numbers))


CELL = {"value": 0.7, "low": 0.65, "high": 0.75, "images": 7}
LOWER = {"value": -0.0389, "low": -0.0844, "high": -0.0052}


def write_comparison(folder: Path, machinery_only: bool) -> None:
    facts = {
        "data": "on synthetic embryos",
        "machinery_only": machinery_only,
        "confidence": 0.95,
        "profiles": ["quick" if machinery_only else "paper"],
        "trials": {"training_seeds": [2, 3], "folds": [0, 1], "images": 8, "patients": 4},
        "cautions": ["a caution"],
    }
    contents = {"table": _table(), "ledger": _ledger(), "ladder": _ladder()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps({**facts, **content}))


def _table() -> dict:
    row = {"row": "A", "what": "<b>gate</b>", "paper": {"dice": 0.729, "mae_direct": 0.049}}
    errors = {"mae_direct": {**CELL, "value": 0.111}, "mae_reported": {**CELL, "value": 0.222}}
    return {
        "rows": [{**row, "dice": CELL, **errors}, {**row, "row": OLD_ROW}],
        "trivial": [],
        "notes": ["a note"],
        "judged_on_told": ["test patients: 9 images of 3 patients"],
    }


def _ledger() -> dict:
    claim = {"id": "one", "claim": "x < y", "paper": "0.729", "verdict": "cannot tell", "why": "w"}
    ours = [
        {"what": "Dice, A - F", "value": 0.01, "low": -0.02, "high": 0.04, "is_level": False},
        {"what": "AUC, A - D", "value": 0.62, "low": 0.5, "high": 0.7, "is_level": True},
    ]
    noted = {
        **claim,
        "id": "two",
        "ours": [{**ours[1], "note": "by a small network; images: 9 of A"}],
        "remarks": ["on validation C_head is better"],
        "footing": ["epochs: A 20, C_head 40"],
    }
    return {"claims": [{**claim, "ours": ours}, noted], "counts": {"cannot tell": 2}}


def _ladder() -> dict:
    step = {"row": "A", "grade": "error_direct", "added": "x", "dice": CELL, "mae": CELL}
    first = {**step, "after": None, "gain_dice": None, "gain_mae": None}
    after = {"row": "A", "grade": "error_direct"}
    branch = {**first, "row": "F", "after": after, "gain_dice": CELL, "gain_mae": CELL}
    branch |= {"validation": {"gain_dice": LOWER, "gain_mae": None}}
    judged = {"against": "A and C", "mae_of_c": "error_direct", "why": "w"}
    judged |= {"dice_f_minus": {"A": CELL, "A_longer": LOWER}, "mae_f_minus_c": CELL}
    return {
        "steps": [first, branch],
        "criterion": [
            {**judged, "row_of_c": "C", "answer": "shown"},
            {**judged, "row_of_c": "C_head", "answer": "not shown"},
        ],
        "ahead": [{"row": "C_head", "score": "dice", "difference": LOWER}],
        "answer": "not shown",
        "why": "against C_head: w",
    }


def _write_data(folder: Path) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    np.save(folder / "images.npy", rng.integers(60, 200, (COUNT, SIZE, SIZE, 3), np.uint8))
    masks = np.zeros((COUNT, SIZE, SIZE, 2), np.uint8)
    masks[..., 4:28, 6:26, 1] = 1
    for number in range(COUNT):
        masks[number, ..., 0] = truth(number)
    np.save(folder / "masks.npy", masks)
    manifest = pd.DataFrame({"image": NAMES, "patient": PATIENTS})
    geometry = {"height": 28, "width": 32, "top": 2, "left": 0, "inner_height": 28}
    manifest = manifest.assign(
        site="s", stage=STAGES, split="test", supervision="paired", grade="A", has_fragment=1,
        ratio=[truth(n).sum() / 480 for n in range(COUNT)], inner_width=32, **geometry,
    )  # fmt: skip
    manifest.to_csv(folder / "manifest.csv", index=False)
    (folder / "summary.json").write_text(json.dumps({"size": SIZE, "data_digest": "d1"}))


ERRORS = tuple(f"error_{name}" for name in ("direct", "hard", "soft", "soft_uncalibrated", "fused"))


def _write_row(folder: Path, row: str) -> None:
    folder.mkdir(parents=True)
    ratio = np.array([truth(n).sum() / 480 for n in range(COUNT)])
    error = np.linspace(0.02, 0.09, COUNT) * (1 if row == "F" else -1) + (row == "B2") * 0.2
    dice = DICE.get(row, np.nan) - 0.05 * np.arange(COUNT) if row in DICE else np.nan
    table = pd.DataFrame({"image": NAMES, "patient": PATIENTS})
    table = table.assign(
        supervision="paired", stage=STAGES, site="s", ratio=ratio, dice=dice, false_alarm=np.nan,
        direct=ratio + error, hard=np.nan, soft=np.nan, fused=np.nan, reported=ratio + error,
        error_reported=np.abs(error), grade=[SCHEME.grade(r) for r in ratio], clinical_grade="A",
        **dict.fromkeys(ERRORS, np.nan),
        predicted_grade=[SCHEME.grade(max(r, 0.0)) for r in ratio + error],
    )  # fmt: skip
    table.loc[0, "dice"] = np.nan  # no fragment, no Dice
    table.to_csv(folder / "per_image.csv", index=False)
    settings = {"row": row, "profile": "p", "recipe": "plus", "training_seed": 2, "verdicts": False}
    settings |= {"epochs": 3, "best_epoch": 1}
    (folder / "row.json").write_text(json.dumps(settings))
    epochs = pd.DataFrame({"epoch": [0, 1, 2], "train_loss": [2.0, 1.0, 0.5], "val_mae": 0.1})
    epochs.to_csv(folder / "history.csv", index=False)
    if row in DICE:
        masks = np.array([drawn(row, number).ravel() for number in range(COUNT)])
        gates = np.tile(np.arange(64, dtype=np.uint8).reshape(8, 8), (COUNT, 1, 1))
        np.savez(
            folder / "outlines.npz",
            images=np.array(NAMES),
            fragment=np.packbits(masks, axis=1),
            size=np.array(SIZE),
            attention=gates,
        )
