"""What a claim of the paper is, as data: nothing here is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ivfgrade.comparison.tables import BIAS
from ivfgrade.comparison.trials import Score

Kind = Literal["difference", "equivalence", "direction without a number", "figure"]


@dataclass(frozen=True)
class Contrast:
    """Mean of `first` minus mean of `second`; `direction` is the claimed sign."""

    first: Score
    second: Score
    direction: int
    effect: float | None = None  # claimed size, where the paper prints one


@dataclass(frozen=True)
class Same:
    """Two means that differ by less than `margin`."""

    first: Score
    second: Score
    margin: float


@dataclass(frozen=True)
class AtLeast:
    """Mean of `first` no lower than that of `second`, but for `margin`."""

    first: Score
    second: Score
    margin: float


@dataclass(frozen=True)
class NearerZero:
    """Mean of `first`, a signed error, nearer to 0 than that of `second`: no systematic error."""

    first: Score
    second: Score


@dataclass(frozen=True)
class Steadier:
    """Ratio of row `first` less dependent on the training's seed than that of row `second`."""

    first: str
    second: str


@dataclass(frozen=True)
class Border:
    """A measure of `measured.KEYS` on the claimed side of a border."""

    measure: str
    direction: int
    border: float


@dataclass(frozen=True)
class OneModel:
    """That no model reaches the best outlines and the best grade together; see row_f.py."""


Part = Contrast | Same | AtLeast | NearerZero | Steadier | Border | OneModel


@dataclass(frozen=True)
class Claim:
    id: str
    text: str  # in our words
    section: str  # of the paper
    printed: str  # the paper's numbers
    kind: Kind
    parts: tuple[Part, ...]  # all must hold


def dice(row: str) -> Score:
    return Score(row, "dice")


def direct(row: str) -> Score:
    return Score(row, "error_direct")


def hard(row: str) -> Score:
    return Score(row, "error_hard")


def bias(row: str) -> Score:
    """Signed error of the hard mask's ratio."""
    return Score(row, BIAS)


def boundary(row: str) -> Score:
    return Score(row, "boundary_f1")


def soft(row: str) -> Score:
    """Area of the probabilities as trained; calibrated, they have seen further true masks."""
    return Score(row, "error_soft_uncalibrated")


def higher(first: Score, second: Score, effect: float | None = None) -> Contrast:
    return Contrast(first, second, 1, effect)


def lower(first: Score, second: Score, effect: float | None = None) -> Contrast:
    return Contrast(first, second, -1, effect)


NOT_PRINTED = "no number printed"
SEPARABLE = 0.75  # AUC: half way from chance to certainty; less is nearer to overlap
MATCH = 0.0025  # MAE: half of the 0.005 by which the paper says that C outperforms B2
IDENTICAL = 0.00001  # per-image tables are written with six digits
