import numpy as np
import pytest
import torch
from torch import nn

from ivfgrade.evaluation.injection import shuffle_effect
from ivfgrade.fragmentation.model import build
from ivfgrade.fragmentation.spec import model_spec
from ivfgrade.training.precision import Compute
from tests.evaluation.drawn import SEGMENTER

CPU = Compute(torch.device("cpu"), torch.float32)
IMAGES = np.arange(5)


def test_a_live_injection_moves_the_mask(network, arrays):
    effect = shuffle_effect(network, arrays, IMAGES, CPU, mask_logit=-0.5, seed=0)
    assert effect["soft_ratio_change"] > 1e-4
    assert effect["images"] == 5
    again = shuffle_effect(network, arrays, IMAGES, CPU, mask_logit=-0.5, seed=0)
    assert effect == again


def test_a_dead_injection_moves_nothing(network, arrays):
    alive = network.injection.weight.detach().clone()
    nn.init.zeros_(network.injection.weight)
    try:
        effect = shuffle_effect(network, arrays, IMAGES, CPU, mask_logit=-0.5, seed=0)
    finally:
        network.injection.weight.data.copy_(alive)
    assert [effect[name] for name in ("soft_ratio_change", "pixels_changed")] == [0, 0]
    assert effect["hard_ratio_change"] == 0


@pytest.mark.parametrize("images", [IMAGES[:1], IMAGES[:0]])
def test_one_image_has_nobody_to_swap_with(network, arrays, images):
    assert shuffle_effect(network, arrays, images, CPU, mask_logit=-0.5, seed=0) is None


def test_without_an_injection_there_is_nothing_to_tell(arrays):
    segmenter = build(model_spec(SEGMENTER)).eval()
    assert shuffle_effect(segmenter, arrays, IMAGES, CPU, mask_logit=-0.5, seed=0) is None
