"""A teacher of images with a grade alone: who follows whom, and when it is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ivfgrade.fragmentation.learning import Lesson, Trained, learn
from ivfgrade.fragmentation.model import Prediction
from ivfgrade.fragmentation.sampling import Embryos, Labels, any_ratio
from ivfgrade.fragmentation.spec import Outlining, Segmenter, TeacherParams
from ivfgrade.fragmentation.spec import model_spec as spec_of
from ivfgrade.fragmentation.teaching import (
    TAUGHT_TERMS,
    Classroom,
    TaughtPrediction,
    fits_the_grade,
    graduate,
    taught,
)
from ivfgrade.training.loop import Objective, Run
from ivfgrade.training.precision import Compute
from tests.fragmentation.arrays import tiny_arrays
from tests.fragmentation.phases import BOTH_KINDS, TURNED
from tests.fragmentation.test_losses import batch_of
from tests.narrow import make_narrow

CPU = Compute(torch.device("cpu"), torch.float32)
PARAMS = TeacherParams(decay=0.9, ramp_epochs=1.0, contrast=0.3, noise=0.05)


class OneWeight(nn.Module):
    """Outlines everywhere with one logit; notes what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(()))
        self.register_buffer("seen", torch.zeros(()))
        self.shown: list[Tensor] = []

    def forward(self, image: Tensor, valid: Tensor) -> Prediction:
        self.shown.append(image)
        maps = self.logit.expand(len(image), 2, *image.shape[-2:])
        return Prediction(maps, valid.mean(dim=(1, 2, 3)))


def classroom(unmasked: int = 1, ramp_steps: float = 4) -> Classroom:
    return Classroom(OneWeight(), PARAMS, unmasked, ramp_steps).train()  # type: ignore[arg-type]


def images(count: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    return torch.rand(count, 3, 4, 4, generator=random), torch.ones(count, 1, 4, 4)


def test_the_teacher_is_the_average_of_what_the_student_was() -> None:
    room, weights = classroom(), [0.0, 1.0, 3.0, 2.0]
    expected = 0.0
    for step, weight in enumerate(weights):
        with torch.no_grad():
            room.student.logit.fill_(weight)  # type: ignore[union-attr, operator]
        decay = min(0.9, 1 - 1 / (step + 1))
        expected = decay * expected + (1 - decay) * weight
        prediction = room(*images(3))
        assert prediction.teacher_logits.shape == (1, 2, 4, 4)
        assert prediction.teacher_logits[0, 0, 0, 0].item() == pytest.approx(expected, rel=1e-6)
    assert expected == pytest.approx(sum(weights) / 4)  # as long as the past is short: the mean


def test_only_images_without_a_mask_are_disturbed_and_only_for_the_student() -> None:
    room = classroom()
    image, valid = images(3)
    room(image, valid)
    student, teacher = room.student.shown[0], room.teacher.shown[0]  # type: ignore[union-attr, index]
    assert torch.equal(student[:2], image[:2])
    assert not torch.allclose(student[2], image[2], atol=0.01)
    assert torch.equal(teacher, image[2:])


def test_trust_grows_to_one() -> None:
    room = classroom(ramp_steps=4)
    trusts = [room(*images(2)).trust.item() for _ in range(6)]
    assert trusts == sorted(trusts)
    assert trusts[0] < 0.1
    assert trusts[3:] == [1.0, 1.0, 1.0]


def test_in_use_there_is_the_student_alone() -> None:
    room = classroom().eval()
    prediction = room(*images(2))
    assert len(prediction.teacher_logits) == 0
    assert int(room.steps) == 0
    assert not room.teacher.shown


def teacher_says(area: float) -> Tensor:
    """Maps in which that share of a whole-frame embryo is fragments."""
    fragment = torch.full((1, 1, 10, 10), -20.0)
    fragment.view(-1)[: round(100 * area)] = 20.0
    return torch.cat([fragment, torch.full_like(fragment, 20.0)], dim=1)


@pytest.mark.parametrize(("area", "believed"), [(0.05, 0), (0.12, 1), (0.24, 1), (0.3, 0)])
def test_it_is_believed_where_its_area_fits_the_grade(area: float, believed: int) -> None:
    mask = torch.zeros(1, 1, 10, 10)
    grade = {"low": torch.tensor([0.1]), "high": torch.tensor([0.25])}
    known = batch_of(mask, mask, has_grade=torch.tensor([True]), **grade)
    assert fits_the_grade(teacher_says(area), known).tolist() == [believed]
    unknown = replace(known, has_grade=torch.tensor([False]))
    assert fits_the_grade(teacher_says(area), unknown).tolist() == [0]
    logits = torch.zeros(1, 2, 10, 10, requires_grad=True)
    said = TaughtPrediction(logits, torch.zeros(1), teacher_says(area), torch.ones(()))
    value = taught(said, known)
    value.backward()
    assert value.item() == pytest.approx(believed * 0.6931, abs=1e-3)  # log 2: undecided
    assert bool(logits.grad.any()) == bool(believed)  # type: ignore[union-attr]


def test_who_agrees_with_the_teacher_learns_nothing_and_padding_does_not_count() -> None:
    logits = torch.logit(torch.full((1, 2, 4, 4), 0.15))
    valid = torch.ones(1, 1, 4, 4)
    valid[..., 3] = 0.0
    student = logits.clone()
    student[..., 3] = 5.0
    student.requires_grad_()
    yes = torch.tensor([True])
    batch = batch_of(valid, valid, valid, has_grade=yes)
    value = taught(TaughtPrediction(student, torch.zeros(1), logits, torch.ones(())), batch)
    (gradient,) = torch.autograd.grad(value, student)
    assert gradient.abs().max().item() < 1e-7


SPEC = spec_of(Segmenter("attention", 2.0, (2, 4), 0.3))
PHASE = replace(BOTH_KINDS, losses={"dice": 1.0, "taught": 0.5})


class Killed(RuntimeError):
    pass


def kill(*_: object) -> None:
    raise Killed


def test_a_killed_class_goes_on_as_if_it_never_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the teacher's memory, the count of steps and what disturbs the images."""
    make_narrow(monkeypatch)
    arrays = tiny_arrays(paired=2, weak=1, ratio_only=0, val=1)
    believed = Embryos(arrays, Labels(arrays.manifest, any_ratio))  # whatever it outlines

    def run(work: str, log: Callable[..., None] = lambda *_: None) -> Trained:
        (tmp_path / work).mkdir(exist_ok=True)
        run = Run(2, 0, CPU, tmp_path / work, "row", log)
        outlining = Outlining(output_stride=16, settle_norms=False, augment=TURNED)
        lesson = Lesson(PHASE, Objective(TAUGHT_TERMS), outlining, "none", PARAMS)
        return learn(SPEC, believed, lesson, run)

    whole = run("whole")
    with pytest.raises(Killed):
        run("broken", kill)
    resumed = run("broken")
    assert all(epoch["train_taught"] > 0 for epoch in whole.history)
    assert resumed.history == whole.history
    ours, theirs = resumed.model.state_dict(), whole.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_student_graduates_alone() -> None:
    weights = graduate(classroom().state_dict())
    assert set(weights) == set(OneWeight().state_dict())
