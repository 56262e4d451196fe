"""How much of a heat map lies on the fragments, and how much would if it were the same everywhere.

Energy is heat summed over pixels at the image's resolution. A share of energy divided by the share
of area is a concentration: 1 is no better than uniform. That over the whole image is the product
of two, which say different things: whether the network looks at the embryo at all, and whether,
within the embryo, it looks at the fragments. Only valid pixels count.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, Arrays
from ivfgrade.fragmentation.layers import resize_like
from ivfgrade.fragmentation.sampling import load_valid

REGIONS = ("fragment", "embryo")


def energy_shares(heat: Tensor, regions: Tensor, valid: Tensor) -> np.ndarray:
    """N R: the share of the heat (N h w) in each region (N R S S); NaN for a map without heat."""
    pixels = resize_like(heat[:, None].double(), valid) * valid  # N 1 S S, half-pixel centres
    total = pixels.sum(dim=(2, 3))  # N 1
    inside = (pixels * regions).sum(dim=(2, 3))
    return torch.where(total > 0, inside / total, torch.nan).numpy()


def regions_of(arrays: Arrays, indices: np.ndarray) -> tuple[Tensor, Tensor]:
    """N 2 S S, fragment and embryo, and N 1 S S valid, float64.

    The embryo includes its fragments even where its own outline does not, so that regions nest.
    """
    masks = torch.from_numpy(np.stack([arrays.masks[i] > 0 for i in indices]))  # N S S 2
    fragment, outline = masks[..., FRAGMENT], masks[..., EMBRYO]
    valid = load_valid(arrays, indices).double()
    return torch.stack([fragment, fragment | outline], dim=1) * valid, valid


def area_shares(regions: Tensor, valid: Tensor) -> np.ndarray:
    """N R: what the energy shares of a uniform map are."""
    return energy_shares(torch.ones_like(valid[:, 0]), regions, valid)


def at_grid(regions: Tensor, height: int, width: int) -> Tensor:
    """N h w: the fragments as sharp as a map of that size can show them. Its concentration is what
    a perfect map of the layer would reach; fragments smaller than a cell keep it low."""
    return F.interpolate(regions[:, :1], size=(height, width), mode="area")[:, 0]


def energies(heat: Tensor, regions: Tensor, valid: Tensor) -> pd.DataFrame:
    """Columns energy_fragment and energy_embryo, one line per image."""
    shares = energy_shares(heat, regions, valid)
    return pd.DataFrame(shares, columns=[f"energy_{name}" for name in REGIONS])


def concentrations(energy: pd.DataFrame, area: pd.DataFrame) -> pd.DataFrame:
    """Per image; `concentration` is `concentration_embryo` times `concentration_within`."""
    fragment, embryo = energy["energy_fragment"], energy["energy_embryo"]
    uniform_within = area["share_fragment"] / area["share_embryo"]
    return pd.DataFrame(
        {
            "concentration": fragment / area["share_fragment"],
            "concentration_embryo": embryo / area["share_embryo"],
            "concentration_within": fragment / embryo / uniform_within,
        }
    )
