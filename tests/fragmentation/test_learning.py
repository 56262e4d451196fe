"""A whole training, tiny: what it returns is the network as it will be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.learning import Lesson, Trained, learn
from ivfgrade.fragmentation.losses import MASK_TERMS
from ivfgrade.fragmentation.spec import AugmentParams, Outlining, Segmenter, model_spec
from ivfgrade.training.loop import Objective, Run
from ivfgrade.training.phase import Phase
from ivfgrade.training.precision import Compute
from tests.fragmentation.arrays import tiny_embryos
from tests.fragmentation.phases import TURNED
from tests.narrow import make_narrow

CPU = Compute(torch.device("cpu"), torch.float32)
SPEC = model_spec(Segmenter("attention", 2.0, (2, 4), 0.0))
PLAIN = AugmentParams(0.0, (1.0, 1.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
OUTLINES = Objective(MASK_TERMS)
OUTLINING = Outlining(output_stride=16, settle_norms=True, augment=PLAIN)
PHASE = Phase(
    groups=((".*", 0.001),),
    losses={"dice": 1.0},
    keep=("tuned_dice", "max"),
    hold=None,
    batch={"paired": 2},
    warmup_epochs=0.0,
    beta2=0.98,
    weight_decay=0.0,
    clip_norm=1.0,
)


def train(work: Path, outlining: Outlining = OUTLINING) -> Trained:
    run = Run(1, 0, CPU, work, "phase 1", lambda *_: None)
    lesson = Lesson(PHASE, OUTLINES, outlining, "none")
    return learn(SPEC, tiny_embryos(paired=4, val=1), lesson, run)


@pytest.fixture(scope="module", autouse=True)
def _narrow() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        make_narrow(patch)
        yield


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def trained(work: Path) -> Trained:
    return train(work)


def test_it_is_used_at_the_fine_stride(trained: Trained) -> None:
    assert trained.model.backbone.layer3[0].conv2.stride == (1, 1)
    assert not trained.model.training


def test_it_says_how_many_images_it_saw(trained: Trained) -> None:
    assert trained.facts["train_images"] == {"paired": 4}
    assert trained.facts["image_passes"] == 4


def test_a_run_that_ended_before_its_result_was_stored_ends_the_same(
    work: Path, trained: Trained
) -> None:
    again = train(work)
    assert again.history == trained.history
    assert again.facts == trained.facts
    ours, theirs = again.model.state_dict(), trained.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


class Killed(RuntimeError):
    pass


def kill(*_: object) -> None:
    raise Killed


def test_a_run_killed_after_an_epoch_goes_on_as_if_it_never_was(tmp_path: Path) -> None:
    """With all that an epoch draws or keeps: views, dropout, norm statistics, AdamW's moments."""
    outlining = replace(OUTLINING, settle_norms=False, augment=TURNED)
    spec = model_spec(Segmenter("attention", 2.0, (2, 4), 0.3))
    phase = replace(PHASE, keep=None, weight_decay=0.01)

    def run(work: str, log: Callable[..., None] = lambda *_: None) -> Trained:
        (tmp_path / work).mkdir(exist_ok=True)
        run = Run(2, 0, CPU, tmp_path / work, "phase 1", log)
        lesson = Lesson(phase, OUTLINES, outlining, "none")
        return learn(spec, tiny_embryos(paired=2, val=1), lesson, run)

    whole = run("whole")
    with pytest.raises(Killed):
        run("broken", kill)
    resumed = run("broken")
    assert len(whole.history) == 2
    assert resumed.history == whole.history
    ours, theirs = resumed.model.state_dict(), whole.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_loss_that_knows_grades_is_refused(tmp_path: Path) -> None:
    phase = replace(PHASE, losses={"dice": 1.0, "range": 1.0})
    run = Run(1, 0, CPU, tmp_path, "phase 1", lambda *_: None)
    with pytest.raises(InputError, match="unknown loss range; known: area, bce, dice, focal"):
        learn(SPEC, tiny_embryos(paired=4, val=1), Lesson(phase, OUTLINES, OUTLINING, "none"), run)


def test_unsettled_norms_are_those_of_the_training(work: Path, trained: Trained) -> None:
    """The work folder holds the learnt weights; only the statistics may differ."""
    unsettled = train(work, replace(OUTLINING, settle_norms=False)).model.state_dict()
    settled = trained.model.state_dict()
    differing = {name for name in settled if not torch.equal(settled[name], unsettled[name])}
    assert differing
    assert all("running" in name or "num_batches" in name for name in differing)
