"""The values of the sections `evaluate` and `export` of params.yaml; free of heavy imports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EvaluateParams:
    boundary_tolerance_px: float  # of boundary F1, at network resolution
    fragment_diameter_px: tuple[float, ...]  # borders between the fragment size classes
    found_coverage: float  # share of a fragment that must be outlined for it to count as found
    bootstrap_samples: int
    confidence: float
    reliability_bins: int
    images_per_row: int  # of the contact sheet and of the attention maps

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError("confidence must lie between 0 and 1")
        borders = self.fragment_diameter_px
        if not borders or list(borders) != sorted(set(borders)):
            raise ValueError("fragment_diameter_px must be rising borders, at least one")
        if min(self.bootstrap_samples, self.reliability_bins, self.images_per_row) < 1:
            raise ValueError("bootstrap_samples, reliability_bins, images_per_row must be positive")


@dataclass(frozen=True)
class ExportParams:
    opset: int
    parity_images: int  # test images on which ONNX Runtime must agree with PyTorch
    parity_tolerance: float  # largest absolute difference of any probability or ratio

    def __post_init__(self) -> None:
        if self.parity_images < 1 or self.parity_tolerance <= 0:
            raise ValueError("parity_images and parity_tolerance must be positive")
