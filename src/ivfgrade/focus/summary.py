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

from ivfgrade.evaluation.bootstrap import Bootstrap, Interval, as_number
from ivfgrade.focus.measure import CEILING, Look
from ivfgrade.heat_words import CHANGES, STAYS, UNCERTAIN

ENERGIES = ("energy_fragment", "energy_embryo")
CONCENTRATIONS = ("concentration", "concentration_embryo", "concentration_within")
LIKENESSES = ("rank_correlation", "ssim")  # of the trained and a redrawn network's map
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
            name: bootstrap.mean(images[name].to_numpy(float), patients).numbers()
            for name in CONCENTRATIONS
        },
        CEILING: _concentrations(images, CEILING, bootstrap),
        "energy": _split(images, "energy", bootstrap),
        "area": _split(images, "share", bootstrap),
        "control": {
            name: {
                **_control(images, name, bootstrap),
                **_alike(patients, draws, same_map, bootstrap),
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
        name: bootstrap.ratio(pair[:, 0], pair[:, 1], patients).numbers()
        for name, pair in found.items()
    }


def _split(images: pd.DataFrame, what: str, bootstrap: Bootstrap) -> Numbers:
    """Mean shares, which add up to one."""
    fragment, embryo = images[f"{what}_fragment"], images[f"{what}_embryo"]
    parts = {"fragment": fragment, "rest_of_embryo": embryo - fragment, "outside": 1 - embryo}
    known, patients = embryo.notna(), images["patient"].to_numpy()
    return {
        name: bootstrap.mean(part.where(known).to_numpy(float), patients).numbers()
        for name, part in parts.items()
    }


def _control(images: pd.DataFrame, name: str, bootstrap: Bootstrap) -> Numbers:
    """Concentrations of the mean over the draws; their intervals are over patients alone."""
    patients = images["patient"].to_numpy()
    gains = {c: (sums(images, c), sums(images, c, name)) for c in CONCENTRATIONS}
    return {
        **_concentrations(images, name, bootstrap),
        "gain": {c: difference(*pair, patients, bootstrap).numbers() for c, pair in gains.items()},
    }


def _alike(
    patients: np.ndarray, draws: Sequence[pd.DataFrame], same_map: float, bootstrap: Bootstrap
) -> Numbers:
    """How alike the maps are, as an interval over patients and draws: one random network can differ
    from the trained one by far more than the next."""
    found = {name: _per_draw(draws, name) for name in LIKENESSES}
    spans = {name: bootstrap.mean_over_draws(each, patients) for name, each in found.items()}
    numbers = {name: interval.numbers() for name, interval in spans.items()}
    few = too_few(found["rank_correlation"], patients, bootstrap)
    answer = UNCERTAIN if few else verdict(spans["rank_correlation"], same_map)
    return {**numbers, "verdict": answer, "why": few}


def too_few(values: np.ndarray, patients: np.ndarray, bootstrap: Bootstrap) -> str:
    """Why N K values, one per image and random draw, decide nothing whatever their interval; empty
    if they can. An image or draw without a value does not count."""
    known = np.isfinite(values)
    seen = (
        (int(known.any(0).sum()), bootstrap.fewest_draws, "redrawn networks"),
        (len(set(patients[known.any(1)])), bootstrap.fewest_patients, "patients"),
    )
    short = [f"{count} of at least {least} {what}" for count, least, what in seen if count < least]
    return f"only {' and '.join(short)}; fewer can agree by chance" if short else ""


def _per_draw(draws: Sequence[pd.DataFrame], name: str) -> np.ndarray:
    return np.column_stack([draw[name].to_numpy(float) for draw in draws])  # N draws


def _by_draw(images: pd.DataFrame, draws: Sequence[pd.DataFrame]) -> Numbers:
    """Each random network by itself: what one of them happens to look at says little about the
    next."""
    tables = [images.assign(**{c: draw[c] for c in ENERGIES}) for draw in draws]
    looks = {name: [as_number(_ratio(sums(t, name))) for t in tables] for name in CONCENTRATIONS}
    means = {name: [as_number(draw[name].mean()) for draw in draws] for name in LIKENESSES}
    return {**looks, **means}


def _ratio(pairs: np.ndarray) -> float:
    above, below = pairs[np.isfinite(pairs).all(1)].sum(0)
    return above / below if below > 0 else np.nan


def verdict(alike: Interval, same_map: float) -> str:
    """A map that stays the same without what was learnt does not show what was learnt."""
    if alike.high < same_map:
        return CHANGES
    return STAYS if alike.low >= same_map else UNCERTAIN


def difference(
    first: np.ndarray, second: np.ndarray, patients: np.ndarray, bootstrap: Bootstrap
) -> Interval:
    """Of two ratios of sums over the same images (N 2 each), resampled together."""
    both = np.column_stack([first, second])
    both[np.isnan(both).any(1)] = 0.0
    return bootstrap.interval(both, patients, _ratio_minus_ratio)


def _ratio_minus_ratio(totals: np.ndarray) -> np.ndarray:
    above, below = totals[..., ::2], totals[..., 1::2]
    ratios = np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)
    return ratios[..., 0] - ratios[..., 1]
