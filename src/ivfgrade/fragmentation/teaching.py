"""A teacher for images of which a grade is all that is known: the average of the network's own
recent weights (Tarvainen & Valpola 2017), believed where the area that it outlines fits the grade.

The network sees such an image disturbed and learns what the teacher sees in the undisturbed one.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.model import AttnRegDeepLab, soft_area_ratio
from ivfgrade.fragmentation.spec import TeacherParams
from ivfgrade.training.loop import Term
from ivfgrade.training.phase import Phase

TAUGHT = "taught"  # the name of the loss in a phase


class TaughtPrediction(NamedTuple):
    mask_logits: Tensor  # B 2 S S
    ratio: Tensor  # B
    teacher_logits: Tensor  # U 2 S S, of the last U images, which have no mask
    trust: Tensor  # how much the teacher is believed by now, 0 to 1


class Classroom(nn.Module):
    """The network that learns, and its teacher. Both are state: a resumed training has the same."""

    steps: Tensor

    def __init__(
        self, student: AttnRegDeepLab, params: TeacherParams, unmasked: int, ramp_steps: float
    ) -> None:
        super().__init__()
        self.student, self.teacher = student, copy.deepcopy(student)
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.params, self.unmasked, self.ramp_steps = params, unmasked, ramp_steps

    def forward(self, image: Tensor, valid: Tensor) -> TaughtPrediction:
        if not self.training or not self.unmasked:
            mask_logits, ratio = self.student(image, valid)
            return TaughtPrediction(mask_logits, ratio, mask_logits[:0], image.new_zeros(()))
        self._follow()
        plain = image[-self.unmasked :]
        with torch.no_grad():
            teacher_logits = self.teacher(plain, valid[-self.unmasked :]).mask_logits
        seen = torch.cat([image[: -self.unmasked], self._disturbed(plain)])
        mask_logits, ratio = self.student(seen, valid)
        return TaughtPrediction(mask_logits, ratio, teacher_logits, self._trust())

    @torch.no_grad()
    def _follow(self) -> None:
        """Towards the student as its last step left it; at first fast, as there is no past yet."""
        decay = min(self.params.decay, 1 - 1 / (int(self.steps) + 1))
        self.steps += 1
        theirs = dict(self.student.state_dict())
        for name, ours in self.teacher.state_dict().items():
            if ours.is_floating_point():
                ours.lerp_(theirs[name], 1 - decay)
            else:
                ours.copy_(theirs[name])

    def _disturbed(self, image: Tensor) -> Tensor:
        shape = (len(image), 1, 1, 1)
        contrast = torch.exp(self.params.contrast * torch.randn(shape)).to(image.device)
        noise = self.params.noise * torch.randn(image.shape).to(image.device)
        mean = image.mean(dim=(1, 2, 3), keepdim=True)
        return ((image - mean) * contrast + mean + noise).clamp(0, 1)

    def _trust(self) -> Tensor:
        """exp(-5 (1 - t)^2), the usual ramp of a mean teacher."""
        done = min(1.0, int(self.steps) / self.ramp_steps) if self.ramp_steps else 1.0
        return torch.tensor(math.exp(-5 * (1 - done) ** 2), device=self.steps.device)


def taught(prediction: TaughtPrediction, batch: Batch) -> Tensor:
    """Cross-entropy with the teacher's probabilities, where the teacher is to be believed."""
    count = len(prediction.teacher_logits)
    if not count:
        return prediction.mask_logits.sum() * 0.0
    valid, target = batch.valid[-count:], torch.sigmoid(prediction.teacher_logits.float())
    logits = prediction.mask_logits[-count:].float()
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    per_image = (entropy * valid).sum(dim=(1, 2, 3)) / (2 * valid.sum(dim=(1, 2, 3))).clamp_min(1.0)
    believed = fits_the_grade(prediction.teacher_logits, batch)
    return prediction.trust * (per_image * believed).sum() / count


def fits_the_grade(teacher_logits: Tensor, batch: Batch) -> Tensor:
    """Whether the teacher outlines an area that the grade allows; 0 or 1 per image."""
    count = len(teacher_logits)
    area = soft_area_ratio(teacher_logits, batch.valid[-count:])
    inside = (area >= batch.low[-count:]) & (area <= batch.high[-count:])
    return (inside & batch.has_grade[-count:]).float()


TAUGHT_TERMS: Mapping[str, Term] = {**TERMS, TAUGHT: taught}


def in_class(phase: Phase) -> Phase:
    """The phase under the names of a classroom: the student learns, the teacher only follows."""
    student = tuple((rf"student\.(?:{pattern})", rate) for pattern, rate in phase.groups)
    return replace(phase, groups=((r"teacher\..*|steps", None), *student))


def graduate(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The student's weights, under their own names."""
    prefix = "student."
    return {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
