"""The figures that the page draws itself, from the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

Draw = Callable[[Path], None]

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
    return _embedded(RATIOS, _ratios(rows, scheme))


def curves_plot(rows: Sequence[Row]) -> Figure | None:
    draw = _curves(rows)
    return _embedded(CURVES, draw) if draw else None


def conflict_plot(rows: Sequence[Row]) -> Figure | None:
    draw = _conflict(rows)
    return _embedded(CONFLICT, draw) if draw else None


def write_plots(rows: Sequence[Row], scheme: GradingScheme, folder: Path) -> list[Path]:
    """As files; returns those that could be drawn."""
    draws = {"ratios": _ratios(rows, scheme), "learning_curves": _curves(rows),
             "gradient_conflict": _conflict(rows)}  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    written = {folder / f"{name}.png": draw for name, draw in draws.items() if draw}
    for path, draw in written.items():
        draw(path)
    return list(written)


def _ratios(rows: Sequence[Row], scheme: GradingScheme) -> Draw:
    return lambda path: ratio_figure(rows, scheme, path)


def _curves(rows: Sequence[Row]) -> Draw | None:
    learnt = learning_rows(rows)
    return (lambda path: learning_curves(learnt, path)) if learnt else None


def _conflict(rows: Sequence[Row]) -> Draw | None:
    histories = {told(row.name): row.history for row in rows if len(row.history)}
    if not any(map(measured_layers, histories.values())):
        return None
    return lambda path: conflict_figure(histories, path)


def _embedded(words: tuple[str, str], draw: Draw) -> Figure:
    title, caption = words
    with TemporaryDirectory() as folder:
        path = Path(folder) / "figure.png"
        draw(path)
        return figure(path, title, caption, f"{title}. {caption}")
