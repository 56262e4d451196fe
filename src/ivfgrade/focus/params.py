"""The values of the section `focus` of params.yaml; free of heavy imports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FocusParams:
    layer: str  # of the trunk, whose maps are weighted
    randomised: tuple[str, ...]  # controls: everything from the output down to this part is redrawn
    draws: int  # random networks per control, averaged; too few for a verdict are said to be
    same_map: float  # rank correlation with a randomised network's map from which it is the same
    images: int | None  # of the test images, evenly from least to most fragmented; None: all
    panel_images: int

    def __post_init__(self) -> None:
        if not self.randomised or len(set(self.randomised)) != len(self.randomised):
            raise ValueError("randomised must name at least one part, each once")
        if not 0 < self.same_map < 1:
            raise ValueError("same_map must lie between 0 and 1")
        if min(self.draws, self.panel_images, 1 if self.images is None else self.images) < 1:
            raise ValueError("draws, images and panel_images must be positive")
