"""The figures that the page draws itself, from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ivfgrade.cosines import measured_layers
from ivfgrade.grading import GradingScheme
from ivfgrade.htmlreport.conflict import conflict_figure
from ivfgrade.htmlreport.curves import learning_curves, learning_rows
from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.pictures import Figure, figure
from ivfgrade.htmlreport.ratio_figure import ratio_figure
from ivfgrade.htmlreport.rows import Row

RATIOS = (
    "Ratio of every row",
    "The answer against the true ratio of each test image, one plot per row. Grey: the "
    "head's direct answer, of which the paper prints the MAE. Blue: what we report where the "
    "recipe reads the ratio otherwise, from the mask or from mask and head together.",
)
CURVES = (
    "Learning curves",
    "Validation Dice, validation error and training loss by epoch of each row's last phase. The "
    "loss is drawn as a share of its first value: rows add up different terms.",
)
CONFLICT = (
    "Gradient conflict",
    "Cosine of the gradients of segmentation (bce, Dice and focal loss of the mask) and regression "
    "(losses of the head's ratio) in the shared backbone, by epoch and layer; below 0 the tasks "
    "pull apart. Loss terms that tie the mask's area to the ratio belong to neither. Underneath, "
    "how far single batches scatter, and how many of them pull apart.",
)


def ratio_plot(rows: Sequence[Row], scheme: GradingScheme) -> Figure:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ratio.png"
        ratio_figure(rows, scheme, path)
        return _figure(path, RATIOS)


def curves_plot(rows: Sequence[Row]) -> Figure | None:
    learnt = learning_rows(rows)
    if not learnt:
        return None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "curves.png"
        learning_curves(learnt, path)
        return _figure(path, CURVES)


def conflict_plot(rows: Sequence[Row]) -> Figure | None:
    histories = {told(row.name): row.history for row in rows if measured_layers(row.history)}
    if not histories:
        return None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "conflict.png"
        conflict_figure(histories, path)
        return _figure(path, CONFLICT)


def _figure(path: Path, words: tuple[str, str]) -> Figure:
    title, caption = words
    return figure(path, title, caption, f"{title}. {caption}")
