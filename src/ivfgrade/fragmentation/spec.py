"""What distinguishes one network, or one way to see its images, from another; no heavy imports."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal

Gate = Literal["attention", "none"]  # names in model.GATES
Head = Literal["multi_scale", "none"]  # in model.HEADS
Injection = Literal["concat", "constant", "none"]  # in model.INJECTIONS
Trunk = Literal["resnet50", "inception_v3"]  # in regression.TRUNKS
VALIDATED = ("dice", "tuned_dice", "mae")  # what scoring.mean_scores says of an epoch


@dataclass(frozen=True)
class Segmenter:
    gate: Gate
    gate_bias: float  # of psi: 0 starts half open, 2 nearly open (S4.23)
    aspp_rates: tuple[int, ...]
    aspp_dropout: float

    def __post_init__(self) -> None:
        if not self.aspp_rates or min(self.aspp_rates) < 1:
            raise ValueError("aspp_rates must hold whole numbers from 1")
        if not 0 <= self.aspp_dropout < 1:
            raise ValueError("aspp_dropout must lie in [0, 1)")


@dataclass(frozen=True)
class Regressor:
    head: Head
    head_dropout: float
    injection: Injection
    detach_injection: bool  # the mask losses do not train V_reg (S4.31)

    def __post_init__(self) -> None:
        if not 0 <= self.head_dropout < 1:
            raise ValueError("head_dropout must lie in [0, 1)")


@dataclass(frozen=True)
class ModelSpec:
    gate: Gate
    gate_bias: float
    aspp_rates: tuple[int, ...]
    aspp_dropout: float
    head: Head
    head_dropout: float
    injection: Injection
    detach_injection: bool


NO_REGRESSOR = Regressor(head="none", head_dropout=0.0, injection="none", detach_injection=False)


def model_spec(segmenter: Segmenter, regressor: Regressor = NO_REGRESSOR) -> ModelSpec:
    """Phase 1 has no regressor: its checkpoint then serves every row that shares the segmenter."""
    return ModelSpec(**asdict(segmenter), **asdict(regressor))


@dataclass(frozen=True)
class EstimatorSpec:
    """A network that names the ratio and draws no outline."""

    trunk: Trunk
    head_dropout: float


@dataclass(frozen=True)
class AugmentParams:
    rotation_degrees: float  # free rotation, on top of flips and right angles
    scale: tuple[float, float]
    shift: float  # of the frame's side
    contrast: float  # SD of the log of the contrast factor
    gamma: float  # SD of the log of the exponent
    brightness: float  # SD, in units of the full grey range
    tint: float  # SD of the log gain of each colour channel
    blur_px: float  # largest sigma
    noise: float  # largest SD, in units of the full grey range

    def __post_init__(self) -> None:
        if not 0 < self.scale[0] <= self.scale[1] < math.inf:
            raise ValueError("scale must be two positive factors, the smaller first")
        for name, value in asdict(self).items():
            if name != "scale" and not 0 <= value < math.inf:
                raise ValueError(f"{name} must not be negative, nor infinite")


@dataclass(frozen=True)
class TeacherParams:
    decay: float  # of the average over past weights, per step
    ramp_epochs: float  # until it is wholly believed
    contrast: float  # SD of the log of the contrast factor that the student sees and it does not
    noise: float  # SD, in units of the full grey range, likewise

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1:
            raise ValueError("decay must lie in [0, 1)")
        if min(self.ramp_epochs, self.contrast, self.noise) < 0:
            raise ValueError("ramp_epochs, contrast and noise must not be negative")


@dataclass(frozen=True)
class Outlining:
    """How phase 1 sees its images while it trains; afterwards they are seen whole and fine."""

    output_stride: Literal[8, 16]  # of the backbone; it is used at 8
    settle_norms: bool  # afterwards, replace norm statistics by those of whole training images
    augment: AugmentParams
