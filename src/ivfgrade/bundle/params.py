"""The values of the section `bundle` of params.yaml; free of heavy imports."""

from __future__ import annotations

from dataclasses import dataclass

from ivfgrade.synthesis.params import Strangers


@dataclass(frozen=True)
class Alike:
    """How far graph and PyTorch may be apart on one picture."""

    ratio: float  # at most
    mask_iou: float  # of all fragment pixels together, at least
    different: float  # share of the embryo's pixels that differ in the fragment mask, at most


@dataclass(frozen=True)
class Limits:
    """By how much a smaller or faster variant may be worse than fp32."""

    dice: float
    mae: float
    refused: float  # share of pictures that are refused by one of the two alone, or otherwise


@dataclass(frozen=True)
class Variants:
    precisions: tuple[str, ...]  # of fp16 and int8
    settle_images: int  # on which int8 learns the range of each layer
    measure_images: int  # on which every variant's losses are measured
    limits: Limits

    def __post_init__(self) -> None:
        unknown = set(self.precisions) - {"fp16", "int8"}
        if unknown:
            raise ValueError(f"precisions names {sorted(unknown)[0]!r}; it can name fp16 and int8")
        if self.settle_images < 1 or self.measure_images < 1:
            raise ValueError("settle_images and measure_images must be positive")


@dataclass(frozen=True)
class BundleParams:
    parity: Alike
    confidence: float  # of the interval
    refused_share: float  # of good pictures that may be refused
    calibrants: Strangers
    variants: Variants

    def __post_init__(self) -> None:
        if not 0.5 <= self.confidence < 1:
            raise ValueError("confidence must lie between 0.5 and 1")
        if not 0 < self.refused_share < 0.5:
            raise ValueError("refused_share must lie between 0 and 0.5")
        if self.variants.settle_images + self.variants.measure_images > self.calibrants.good:
            raise ValueError(
                "variants.settle_images and measure_images are different pictures: together they "
                f"can be {self.calibrants.good}, as calibrants.good"
            )
