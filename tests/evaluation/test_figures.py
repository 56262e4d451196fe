"""Each quantity on an axis of its own scale, and no legend on the points."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from ivfgrade.evaluation import figures
from ivfgrade.evaluation.calibration_error import Reliability, nothing
from ivfgrade.evaluation.per_image import score_images
from tests.evaluation.drawn import SCHEME, Answers

HISTORY = pd.DataFrame(
    {
        "epoch": [0.0, 1.0],
        "train_bce": [0.5, 0.4],
        "train_loss": [0.9, 0.8],
        "val_dice": [0.3, 0.4],
        "val_tuned_dice": [0.35, 0.45],
        "val_mae": [0.2, 0.1],
    }
)


def heights(ax: Axes) -> list[list[float]]:
    return [list(line.get_ydata()) for line in ax.lines]


def test_dice_and_error_have_their_own_panels(canvases, tmp_path):
    figures.learning_curves(HISTORY, HISTORY[:1], tmp_path / "curves.png")
    axes = {ax.get_ylabel(): ax for ax in canvases[-1].axes[::2]}  # phase 1
    assert heights(axes["validation Dice"]) == [[0.3, 0.4], [0.35, 0.45]]
    assert heights(axes["validation MAE, soft area"]) == [[0.2, 0.1]]
    assert heights(axes["training loss, terms unweighted"]) == [[0.5, 0.4], [0.9, 0.8]]
    assert list(axes["training loss, terms unweighted"].lines[0].get_xdata()) == [1, 2]
    titles = [ax.get_title(loc="left") for ax in canvases[-1].axes[:2]]
    assert "while training" in titles[0]


def test_a_phase_without_epochs_leaves_empty_panels(canvases, tmp_path):
    figures.learning_curves(HISTORY.drop(columns="val_tuned_dice"), pd.DataFrame(), tmp_path / "c")
    assert len(canvases[-1].axes) == 6
    assert [len(ax.lines) for ax in canvases[-1].axes] == [2, 0, 1, 0, 1, 0]


@pytest.fixture
def images(arrays, grader) -> pd.DataFrame:
    return score_images(arrays, Answers().predictions(), grader)


def test_calibration_shows_how_many_pixels_a_point_stands_for(images, canvases, tmp_path):
    before = Reliability(np.array([90.0, 10.0]), np.array([20.0, 8.0]), np.array([10.0, 9.0]))
    after = Reliability(np.array([99.0, 1.0]), np.array([30.0, 0.6]), np.array([10.0, 1.0]))
    figures.calibration(before, after, images, SCHEME, "drawn", tmp_path / "c.png")
    counts = next(ax for ax in canvases[-1].axes if ax.get_ylabel() == "pixels")
    drawn = [list(patch.get_data().values) for patch in counts.patches]
    assert drawn == [[90, 10], [99, 1]]
    low, high = counts.get_ylim()
    assert low < 1 < 99 < high
    assert counts.get_yscale() == "log"


def test_legends_of_the_calibration_lie_beside_the_points(images, canvases, tmp_path):
    figures.calibration(nothing(10), nothing(10), images, SCHEME, "drawn", tmp_path / "c.png")
    canvas = canvases[-1]
    legends = [legend for part in canvas.subfigs for legend in part.legends]
    assert len(legends) == 2
    assert all(ax.get_legend() is None for ax in canvas.axes)
    for legend in legends:
        box = legend.get_window_extent()
        assert not any(box.overlaps(ax.get_window_extent()) for ax in canvas.axes)
        assert canvas.bbox.x0 <= box.x0
        assert box.x1 <= canvas.bbox.x1


def test_every_measured_ratio_fits_on_its_panel(images, canvases, tmp_path):
    wild = images.assign(hard=0.97)
    figures.calibration(nothing(4), nothing(4), wild, SCHEME, "drawn", tmp_path / "c.png")
    panel = next(ax for ax in canvases[-1].axes if ax.get_ylabel() == "measured ratio")
    assert panel.get_ylim()[1] > 0.97
