"""The probe on the real network: which tasks, which layers, and no trace of it afterwards."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from ivfgrade.fragmentation.augment import augment
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.conflict import BACKBONE_LAYERS, gradient_probe
from ivfgrade.fragmentation.losses import TASKS, TERMS
from ivfgrade.fragmentation.model import AttnRegDeepLab, build
from ivfgrade.fragmentation.sampling import EmbryoBatches, Steps
from ivfgrade.fragmentation.spec import Regressor, Segmenter, model_spec
from ivfgrade.training.conflict import Probe
from ivfgrade.training.loop import Run
from ivfgrade.training.precision import Compute
from tests.fragmentation.arrays import tiny_embryos
from tests.fragmentation.phases import BOTH_KINDS, TURNED

CPU = Compute(torch.device("cpu"), torch.float32)
SPEC = model_spec(
    Segmenter("attention", 2.0, (2, 4), 0.1), Regressor("multi_scale", 0.3, "concat", False)
)
PHASE = replace(
    BOTH_KINDS, losses={"bce": 0.5, "dice": 1.0, "precise": 1.0, "range": 1.0, "consistency": 0.1}
)


def network(seed: int = 0) -> AttnRegDeepLab:
    torch.manual_seed(seed)
    return CPU.place(build(SPEC, output_stride=16)).train()


@pytest.fixture(scope="module")
def probe() -> Probe:
    embryos = tiny_embryos(paired=4)
    steps = Steps(embryos.arrays, "train", PHASE.batch, 0)

    def view(batch: Batch, random: torch.Generator) -> Batch:
        return augment(batch, TURNED, random)

    batches = EmbryoBatches(embryos, steps, view, CPU.device)
    return gradient_probe(batches, PHASE, Run(1, 0, CPU, Path(), "", lambda *_: None), count=2)


def on_one_batch(probe: Probe) -> Probe:
    return replace(probe, batches=lambda: islice(probe.batches(), 1))


def test_every_term_belongs_to_one_task() -> None:
    assert sorted(name for task in TASKS.values() for name in task) == sorted(TERMS)


def test_what_ties_mask_and_ratio_takes_no_side(probe: Probe) -> None:
    """Else the segmentation task would hold the regression's own target."""
    assert set(probe.tasks) == {"segmentation", "regression"}
    assert not {"area", "area_range", "consistency"} & {n for t in probe.tasks.values() for n in t}


def test_every_weight_of_the_backbone_lies_in_one_layer() -> None:
    for name, _ in network().named_parameters():
        layers = [layer for layer, pat in BACKBONE_LAYERS.items() if re.fullmatch(pat, name)]
        assert len(layers) == int(name.startswith("backbone.")), name


def test_the_same_images_are_seen_at_every_look(probe: Probe) -> None:
    first, again = ([batch.image for batch in probe.batches()] for _ in range(2))
    assert len(first) == 2
    assert all(torch.equal(*pair) for pair in zip(first, again, strict=True))


def test_it_measures_every_layer_and_leaves_the_network_alone(probe: Probe) -> None:
    model = network()
    with torch.no_grad():
        model.head.output.weight.normal_(std=0.1)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    random = torch.get_rng_state()
    row = on_one_batch(probe)(model)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(before[k], tensor) for k, tensor in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert all(module.training for module in model.modules())
    for layer in BACKBONE_LAYERS:
        assert -1 < row[f"conflict_{layer}"] < 1
        assert row[f"conflict_{layer}_ratio"] > 0


def test_before_its_first_step_the_head_tells_the_backbone_nothing(probe: Probe) -> None:
    """Its output weights start at zero: hence the first look comes after the first epoch."""
    row = on_one_batch(probe)(network())
    assert all(math.isnan(row[f"conflict_{layer}"]) for layer in BACKBONE_LAYERS)
