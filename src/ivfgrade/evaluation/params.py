"""The values of the sections `evaluate` and `export` of params.yaml; free of heavy imports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EvaluateParams:
    mask_threshold: float  # probability from which a pixel belongs to the mask
    boundary_tolerance_px: float  # of boundary F1, at network resolution
    fragment_diameter_px: tuple[float, ...]  # borders between the fragment size classes
    found_coverage: float  # share of a fragment that must be outlined for it to count as found
    bootstrap_samples: int
    confidence: float
    reliability_bins: int
    images_per_row: int  # of the contact sheet and the attention maps
    contact_sheet_rows: int  # best, median and worst get this many rows each

    def __post_init__(self) -> None:
        object.__setattr__(self, "fragment_diameter_px", tuple(self.fragment_diameter_px))


@dataclass(frozen=True)
class ExportParams:
    opset: int
    parity_images: int  # test images on which ONNX Runtime must agree with PyTorch
    parity_tolerance: float  # largest absolute difference of any probability or ratio
