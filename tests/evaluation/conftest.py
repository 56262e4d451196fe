from contextlib import contextmanager

import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from ivfgrade.dataset.arrays import Arrays
from ivfgrade.evaluation import style
from ivfgrade.evaluation.per_image import Grader
from ivfgrade.fragmentation.calibration import IDENTITY
from ivfgrade.fragmentation.model import AttnRegDeepLab, build
from ivfgrade.fragmentation.spec import model_spec
from tests.evaluation.drawn import PARAMS, REGRESSOR, SCHEME, SEGMENTER, drawn_arrays


@pytest.fixture
def arrays() -> Arrays:
    return drawn_arrays()


@pytest.fixture
def grader() -> Grader:
    return Grader(IDENTITY, SCHEME, "direct", PARAMS)


@pytest.fixture(scope="session")
def network() -> AttnRegDeepLab:
    torch.manual_seed(0)
    model = build(model_spec(SEGMENTER, REGRESSOR))
    nn.init.normal_(model.injection.weight, std=0.05)
    return model.eval()


@pytest.fixture
def canvases(monkeypatch) -> list[Figure]:
    """The figures that a test has drawn, in order."""
    drawn, original = [], style.figure

    @contextmanager
    def remembered(*size):
        with original(*size) as canvas:
            drawn.append(canvas)
            yield canvas

    monkeypatch.setattr(style, "figure", remembered)
    return drawn
