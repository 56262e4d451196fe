"""The values of the section `texture` of params.yaml; free of heavy imports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MlpParams:
    hidden: tuple[int, ...]  # units per hidden layer
    penalties: tuple[float, ...]  # weight decays to choose from on validation
    learning_rate: float
    batch: int
    epochs: int  # at most
    patience: int  # epochs without a better validation MAE after which training ends

    def __post_init__(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError("hidden must name at least one layer of at least one unit")
        if not self.penalties or min(self.penalties) < 0:
            raise ValueError("penalties must be at least one number, none negative")
        if self.learning_rate <= 0:
            raise ValueError("learning_rate must be positive")
        if min(self.batch, self.epochs, self.patience) < 1:
            raise ValueError("batch, epochs and patience must be positive")


@dataclass(frozen=True)
class TextureParams:
    grey_levels: int  # of the co-occurrence matrix, between an embryo's darkest and brightest
    glcm_distances_px: tuple[int, ...]  # at network resolution
    lbp_radii_px: tuple[int, ...]  # each with 8 points per pixel of radius, at most 24
    neighbours: int  # that vote on a grade
    perplexity: float  # of t-SNE
    ridge_penalties: tuple[float, ...]
    mlp: MlpParams

    def __post_init__(self) -> None:
        if not 2 <= self.grey_levels <= 255:
            raise ValueError("grey_levels must lie between 2 and 255")
        for name in ("glcm_distances_px", "lbp_radii_px"):
            values = getattr(self, name)
            if not values or min(values) < 1 or len(set(values)) < len(values):
                raise ValueError(f"{name} must be different positive whole numbers, at least one")
        if self.neighbours < 1:
            raise ValueError("neighbours must be positive")
        if self.perplexity <= 0:
            raise ValueError("perplexity must be positive")
        if not self.ridge_penalties or min(self.ridge_penalties) <= 0:
            raise ValueError("ridge_penalties must be at least one positive number")
