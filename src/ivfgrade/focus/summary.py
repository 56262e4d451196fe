"""Numbers of a row with patient-bootstrap intervals.

A concentration over images is a ratio of sums, energy on fragments over what a uniform map would
have put there. The mean of the images' own ratios is given beside it; a single tiny fragment that
happens to lie under a hot cell can carry that one alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ivfgrade.evaluation.bootstrap import Bootstrap, Interval
from ivfgrade.focus.measure import CEILING, Look

ENERGIES = ("energy_fragment", "energy_embryo")
CONCENTRATIONS = ("concentration", "concentration_embryo", "concentration_within")
Numbers = dict[str, Any]


def sums(images: pd.DataFrame, name: str, control: str | None = None) -> np.ndarray:
    """N 2: what a concentration divides by what, per image; NaN where the question is open."""
    end = f"_{control}" if control else ""
    fragment, embryo = images[f"energy_fragment{end}"], images[f"energy_embryo{end}"]
    uniform_within = embryo * images["share_fragment"] / images["share_embryo"]
    over = {
        "concentration": (fragment, images["share_fragment"]),
        "concentration_embryo": (embryo, images["share_embryo"]),
        "concentration_within": (fragment, uniform_within),
    }
    return np.column_stack(over[name]).astype(float)


def summarise(look: Look, same_map: float, bootstrap: Bootstrap) -> Numbers:
    images = look.images
    patients = images["patient"].to_numpy()
    return {
        **_concentrations(images, None, bootstrap),
        "per_image_mean": {
            name: as_number(bootstrap.mean(images[name].to_numpy(float), patients))
            for name in CONCENTRATIONS
        },
        CEILING: _concentrations(images, CEILING, bootstrap),
        "energy": _split(images, "energy", bootstrap),
        "area": _split(images, "share", bootstrap),
        "control": {
            name: {
                **_control(images, name, same_map, bootstrap),
                "by_draw": _by_draw(images, draws),
            }
            for name, draws in look.draws.items()
        },
        "images": len(images),
        "patients": int(images["patient"].nunique()),
        "images_without_heat": int(images["energy_fragment"].isna().sum()),
    }


def _concentrations(images: pd.DataFrame, control: str | None, bootstrap: Bootstrap) -> Numbers:
    patients = images["patient"].to_numpy()
    found = {name: sums(images, name, control) for name in CONCENTRATIONS}
    return {
        name: as_number(bootstrap.ratio(pair[:, 0], pair[:, 1], patients))
        for name, pair in found.items()
    }


def _split(images: pd.DataFrame, what: str, bootstrap: Bootstrap) -> Numbers:
    """Mean shares, which add up to one."""
    fragment, embryo = images[f"{what}_fragment"], images[f"{what}_embryo"]
    parts = {"fragment": fragment, "rest_of_embryo": embryo - fragment, "outside": 1 - embryo}
    known, patients = embryo.notna(), images["patient"].to_numpy()
    return {
        name: as_number(bootstrap.mean(part.where(known).to_numpy(float), patients))
        for name, part in parts.items()
    }


def _control(images: pd.DataFrame, name: str, same_map: float, bootstrap: Bootstrap) -> Numbers:
    patients = images["patient"].to_numpy()
    alike = bootstrap.mean(images[f"rank_correlation_{name}"].to_numpy(float), patients)
    gains = {c: (sums(images, c), sums(images, c, name)) for c in CONCENTRATIONS}
    return {
        **_concentrations(images, name, bootstrap),
        "gain": {c: as_number(difference(*pair, patients, bootstrap)) for c, pair in gains.items()},
        "rank_correlation": as_number(alike),
        "ssim": as_number(bootstrap.mean(images[f"ssim_{name}"].to_numpy(float), patients)),
        "verdict": verdict(alike, same_map),
    }


def _by_draw(images: pd.DataFrame, draws: Sequence[pd.DataFrame]) -> Numbers:
    """The concentrations of each random network: the intervals are over patients alone, and what
    one network with random weights happens to look at says little about the next."""
    tables = [images.assign(**{c: draw[c] for c in ENERGIES}) for draw in draws]
    return {
        name: [_finite(_ratio(sums(table, name))) for table in tables] for name in CONCENTRATIONS
    }


def _ratio(pairs: np.ndarray) -> float:
    above, below = pairs[np.isfinite(pairs).all(1)].sum(0)
    return above / below if below > 0 else np.nan


def verdict(alike: Interval, same_map: float) -> str:
    """A map that stays the same without what was learnt does not show what was learnt."""
    if alike.high < same_map:
        return "the map changes"
    return "the map stays the same" if alike.low >= same_map else "cannot tell"


def difference(
    first: np.ndarray, second: np.ndarray, patients: np.ndarray, bootstrap: Bootstrap
) -> Interval:
    """Of two ratios of sums over the same images (N 2 each), resampled together."""
    both = np.column_stack([first, second])
    both[np.isnan(both).any(1)] = 0.0
    return bootstrap.interval(both, patients, _ratio_minus_ratio)


def as_number(interval: Interval) -> dict[str, float | None]:
    """JSON has no NaN."""
    values = {"value": interval.value, "low": interval.low, "high": interval.high}
    return {name: _finite(value) for name, value in values.items()}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _ratio_minus_ratio(totals: np.ndarray) -> np.ndarray:
    above, below = totals[..., ::2], totals[..., 1::2]
    ratios = np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)
    return ratios[..., 0] - ratios[..., 1]
