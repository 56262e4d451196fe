"""Per-image tables as files hold them: text stays text, an empty number is NaN."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ivfgrade.errors import InputError
from ivfgrade.heat_words import GRADCAM

TEXT = ("image", "patient", "split", "site", "stage", "supervision", "ratio_source", "map")
GRADES = ("grade", "clinical_grade", "predicted_grade")
TRUTH = ("patient", "stage", "supervision", "ratio", "grade", "clinical_grade")
ERRORS = ("error_direct", "error_hard", "error_soft", "error_soft_uncalibrated", "error_fused",
          "error_reported")  # fmt: skip
HEAT, HEAT_MAP = "heat_on_fragments", GRADCAM
# of the paper's perceptron on texture, and of the same one on its other features; same images
TEXTURE_ERROR, GLCM_ERROR = "error_lbp_mlp", "error_glcm_mlp"
SMALL_PX = 16.0  # diameter: the middle of the report's three borders of fragment size
SMALL_BOUNDARY = "boundary_f1_small"
BIAS = "bias_hard"  # signed: the area of the outlines less the true one
NEEDED = ("image", *TRUTH, "dice", *ERRORS, "reported", "predicted_grade")


def read_scores(path: Path) -> pd.DataFrame:
    """A row's per-image table, sorted by image."""
    table = read_table(path)
    absent = [name for name in NEEDED if name not in table]
    if absent:
        raise InputError(f"{path} lacks the column {', '.join(absent)}")
    twice = table["image"][table["image"].duplicated()]
    if len(twice):
        raise InputError(f"{path} holds image {twice.iloc[0]} twice")
    if table.empty:
        raise InputError(f"{path} holds no image")
    return with_derived(table.sort_values("image", ignore_index=True))


def with_derived(table: pd.DataFrame) -> pd.DataFrame:
    """Columns that follow from the others, where those are there."""
    if "hard" in table:
        table = table.assign(**{BIAS: table["hard"] - table["ratio"]})
    if {"boundary_f1", "median_fragment_px"} <= set(table):
        small = table["median_fragment_px"] < SMALL_PX
        table = table.assign(**{SMALL_BOUNDARY: table["boundary_f1"].where(small)})
    return table


def with_texture(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The errors of the perceptrons on texture, as two more columns; images without an embryo
    outline have none."""
    found = read_table(path)
    absent = [name for name in ("image", "ratio", "lbp_mlp", "glcm_mlp") if name not in found]
    if absent:
        raise InputError(f"{path} lacks the column {', '.join(absent)}")
    if found["image"].duplicated().any() or not set(found["image"]) <= set(table["image"]):
        raise InputError(f"{path} must hold test images of this table, each once")
    answers = {TEXTURE_ERROR: found["lbp_mlp"], GLCM_ERROR: found["glcm_mlp"]}
    errors = {
        name: (answer - found["ratio"]).abs().set_axis(found["image"])
        for name, answer in answers.items()
    }
    return table.assign(**{name: table["image"].map(error) for name, error in errors.items()})


def read_table(path: Path) -> pd.DataFrame:
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False)
        texts = {*TEXT, *GRADES}
        numbers = {str(name): _numbers(raw[name]) for name in raw if name not in texts}
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table ({error})") from error
    return raw.assign(**numbers)


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column.where(~column.isin(["", "nan"]))).astype(float)


def with_focus(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Where the network looked, as one more column; images without a heat map have none.

    The share of the heat on the fragments: two rows see the same fragments, so its difference has
    the sign of the difference of concentrations, and no tiny fragment outweighs the others.
    """
    looks = read_table(path)
    absent = [name for name in ("image", "map", "energy_fragment") if name not in looks]
    if absent:
        raise InputError(f"{path} lacks the column {', '.join(absent)}")
    looks = looks[looks["map"] == HEAT_MAP]  # several kinds, one below the other
    if looks["image"].duplicated().any() or not set(looks["image"]) <= set(table["image"]):
        raise InputError(f"{path} must hold images of its row's per-image table, each once")
    return table.assign(**{HEAT: table["image"].map(looks.set_index("image")["energy_fragment"])})
