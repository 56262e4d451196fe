"""The gate's maps: taken from the gate, coloured by what it does on embryos."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ivfgrade.evaluation.attention import (
    attention_figure,
    embryo_values,
    gate_maps,
    openness,
    spread_over_ratios,
)
from ivfgrade.evaluation.contact_sheet import Gallery
from ivfgrade.evaluation.per_image import score_images
from ivfgrade.fragmentation.model import build
from ivfgrade.fragmentation.spec import model_spec
from ivfgrade.training.precision import Compute
from tests.evaluation.drawn import SEGMENTER, SIZE, Answers

CPU = Compute(torch.device("cpu"), torch.float32)


@pytest.fixture
def gallery(arrays, grader) -> Gallery:
    return Gallery(arrays, Answers().predictions(), grader, "drawn")


@pytest.fixture
def images(gallery) -> pd.DataFrame:
    return score_images(gallery.arrays, gallery.found, gallery.grader)


def test_gate_maps_are_of_the_gate(network, arrays):
    alpha = gate_maps(network, arrays, np.arange(2), CPU)
    assert alpha.shape[0] == 2
    assert 0 <= alpha.min() < alpha.max() <= 1
    plain = build(model_spec(replace(SEGMENTER, gate="none"))).eval()
    assert gate_maps(plain, arrays, np.arange(2), CPU) is None


def test_attention_is_shown_from_least_to_most_fragmented():
    images = pd.DataFrame({"ratio": [0.4, 0.1, 0.3, 0.2, 0.9], "dice": [1, 1, 1, 1, np.nan]})
    assert spread_over_ratios(images, 2).tolist() == [1, 0]
    assert spread_over_ratios(images, 9).tolist() == [1, 3, 2, 0]


def test_only_embryos_have_a_say_in_the_colours(gallery):
    alpha = np.zeros((2, 20, 20))  # the embryo is 20 x 20 at (10, 10) of 40 x 40
    alpha[:, 5:15, 5:15] = 0.7
    rows = np.array([0, 2])
    assert (embryo_values(gallery, rows, alpha) == 0.7).all()
    assert len(embryo_values(gallery, rows, alpha)) == 2 * 10 * 10
    weak = np.array([5])  # no mask at all
    assert len(embryo_values(gallery, weak, alpha[:1])) == 20 * 20


def test_an_open_gate_is_called_open():
    values = np.linspace(0.905, 0.995, 100)
    assert "α ≥ 0.9 on 100%" in openness(values, 0.91)
    assert "median 0.95" in openness(values, 0.91)
    assert "α ≤ 0.91" in openness(values, 0.91)
    assert openness(np.linspace(0, 1, 100), 0.1) == ""


def test_one_saturated_corner_does_not_set_the_colours(gallery, images, canvases, tmp_path):
    alpha = np.zeros((2, SIZE, SIZE))
    alpha[:, 10:30, 10:30] = np.linspace(0.4, 0.6, 400).reshape(20, 20)
    alpha[:, 0, 0] = 1.0
    attention_figure(gallery, images, np.array([0, 2]), alpha, tmp_path / "a.png")
    canvas = canvases[-1]
    below = [ax for ax in canvas.axes[2:4] if ax.images]
    assert len(below) == 2
    for ax in below:
        low, high = ax.images[0].get_clim()
        assert (low, high) == pytest.approx((0.404, 0.596), abs=1e-3)
    assert "2nd to 98th percentile" in canvas.axes[-1].get_ylabel()
    titles = [ax.get_title(loc="left") for ax in canvas.axes[:2]]
    assert titles == ["true 20% B, model 20% B", "true 60% D, model 60% D"]


def test_padding_has_no_attention(gallery, images, canvases, tmp_path):
    wide = gallery.arrays.manifest.assign(top=10, inner_height=20)
    arrays = replace(gallery.arrays, manifest=wide)
    alpha = np.random.default_rng(0).random((1, SIZE, SIZE))
    attention_figure(
        replace(gallery, arrays=arrays), images, np.array([0]), alpha, tmp_path / "a.png"
    )
    hidden = np.ma.getmaskarray(canvases[-1].axes[1].images[0].get_array())
    assert hidden[:10].all()
    assert hidden[30:].all()
    assert not hidden[10:30].any()
