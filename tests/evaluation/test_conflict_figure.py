"""What is drawn is what the histories hold; rows that were not probed are left out."""

import math

import numpy as np
import pandas as pd
import pytest

from ivfgrade.errors import InputError
from ivfgrade.htmlreport.conflict import conflict_figure, measured_layers


def history(*cosines: float, **details: list[float]) -> pd.DataFrame:
    columns = {f"conflict_stem_{name}": values for name, values in details.items()}
    epochs = np.arange(len(cosines), dtype=float)
    return pd.DataFrame({"epoch": epochs, "conflict_stem": cosines, **columns, "val_mae": 0.1})


C = history(0.2, -0.1, mean=[0.1, -0.3], sd=[0.3, 0.4], negative=[0.0, 0.5], ratio=[2.0, 3.0])
E = history(math.nan, 0.3, 0.4)


def test_layers_are_read_off_the_columns():
    assert measured_layers(C) == ["stem"]
    assert measured_layers(C[["epoch", "val_mae"]]) == []


def test_a_column_per_probed_row(canvases, tmp_path):
    unprobed = pd.DataFrame({"epoch": [0.0], "val_dice": [0.5]})
    conflict_figure({"C": C, "A": unprobed, "E": E}, tmp_path / "c.png")
    canvas = canvases[-1]
    above = canvas.axes[:2]
    assert [ax.get_title(loc="left") for ax in above] == ["C", "E"]
    zero, line = above[0].lines
    assert set(zero.get_ydata()) == {0}
    assert list(line.get_xdata()) == [1, 2]
    assert list(line.get_ydata()) == [0.2, -0.1]
    np.testing.assert_array_equal(above[1].lines[1].get_ydata(), [math.nan, 0.3, 0.4])
    assert above[0].get_ylim() == above[1].get_ylim()
    low, high = above[0].get_ylim()
    assert low < -0.1
    assert high > 0.4
    assert [text.get_text() for text in canvas.legends[0].get_texts()] == ["stem"]


def test_single_batches_scatter_about_their_mean(canvases, tmp_path):
    conflict_figure({"C": C, "E": E}, tmp_path / "c.png")
    left, right = canvases[-1].axes[2:]
    ((marker, _, (bar,)),) = left.containers
    assert marker.get_ydata() == pytest.approx([-0.1])
    spread = math.sqrt((0.3**2 + 0.4**2) / 2)
    np.testing.assert_allclose(bar.get_segments()[0][:, 1], [-0.1 - spread, -0.1 + spread])
    assert [label.get_text() for label in left.get_xticklabels()] == ["stem\n25% < 0"]
    assert right.containers == []
    assert [label.get_text() for label in right.get_xticklabels()] == ["stem"]


def test_zero_is_always_in_sight_and_a_cosine_ends_at_one(canvases, tmp_path):
    conflict_figure({"C": history(0.99, 1.0)}, tmp_path / "c.png")
    low, high = canvases[-1].axes[0].get_ylim()
    assert low < 0
    assert 1 < high < 1.03


def test_nothing_measured_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no history of A has a column conflict_<layer>"):
        conflict_figure({"A": C[["epoch"]]}, tmp_path / "c.png")


def test_equal_histories_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        conflict_figure({"C": C, "E": E}, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
