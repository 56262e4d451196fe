"""One row of the table looked into: heat maps of its test images, those of its random twins, and
what of them lies on fragments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor
from tqdm import tqdm

from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, Arrays
from ivfgrade.dataset.letterbox import nearest
from ivfgrade.errors import InputError
from ivfgrade.focus.alike import rank_correlation, similarity
from ivfgrade.focus.energy import (
    REGIONS,
    area_shares,
    at_grid,
    concentrations,
    energies,
    regions_of,
)
from ivfgrade.focus.maps import heat, usual_channels
from ivfgrade.focus.params import FocusParams
from ivfgrade.focus.randomised import randomised
from ivfgrade.focus.subject import Subject
from ivfgrade.fragmentation.sampling import FORWARD_BATCH, in_chunks, load_pixels
from ivfgrade.training.precision import Compute

SETTLED_ON = 2 * FORWARD_BATCH  # images from which a random twin takes its statistics
CEILING = "ceiling"


@dataclass(frozen=True)
class Look:
    """Of one kind of map."""

    images: pd.DataFrame  # one line per image; columns of a control end in _<its name>
    heat: np.ndarray  # N h w
    controls: dict[str, np.ndarray]  # N h w each, of the first draw
    draws: dict[str, list[pd.DataFrame]]  # the images' energies in each draw of a control


def with_fragments(arrays: Arrays, count: int | None = None) -> np.ndarray:
    """The paired test images on which there is something to look at; `count` of them, evenly from
    the least to the most fragmented."""
    paired = arrays.indices("test", ("paired",))
    area = {i: (arrays.masks[i][..., FRAGMENT] > 0)[arrays.valid(i)].mean() for i in paired}
    seen = sorted((i for i in paired if area[i] > 0), key=lambda index: area[index])
    if not seen:
        raise InputError(
            "no paired image of the test split has fragments; there is no focus to see"
        )
    return np.sort(evenly(np.asarray(seen), count or len(seen)))


def evenly(values: np.ndarray, count: int) -> np.ndarray:
    steps = np.linspace(0, len(values) - 1, min(count, len(values)))
    return values[steps.round().astype(int)]


def look(
    subject: Subject,
    arrays: Arrays,
    indices: np.ndarray,
    params: FocusParams,
    compute: Compute,
    seed: int,
) -> dict[str, Look]:
    """By the name of the map."""
    chunks = in_chunks(evenly(indices, SETTLED_ON), FORWARD_BATCH)
    pixels = [load_pixels(arrays, chunk, compute.device) for chunk in chunks]
    usual = usual_channels(subject, pixels, compute)
    own = heat(subject, arrays, indices, usual, compute)
    twins: dict[str, list[dict[str, Tensor]]] = {}
    for name in params.randomised:
        twins[name] = []
        for draw in tqdm(range(params.draws), desc=f"randomised down to {name}", unit="network"):
            twin, usual = randomised(subject, name, (seed, draw), pixels, compute)
            twins[name].append(heat(twin, arrays, indices, usual, compute))
    outlines = Outlines(arrays, indices)
    return {
        kind: beside(
            outlines, maps, {name: [d[kind] for d in drawn] for name, drawn in twins.items()}
        )
        for kind, maps in own.items()
    }


def beside(outlines: Outlines, maps: Tensor, drawn: dict[str, list[Tensor]]) -> Look:
    """The table of one kind of map, with that of its controls."""
    tables = [outlines.table(maps)]
    single = {
        name: [outlines.control(maps, other) for other in draws] for name, draws in drawn.items()
    }
    for name, each in single.items():
        mean = pd.concat(each).groupby(level=0).mean()  # over the draws that have a value
        tables.append(mean.add_suffix(f"_{name}"))
    firsts = {name: draws[0].numpy() for name, draws in drawn.items()}
    return Look(pd.concat(tables, axis=1), maps.numpy(), firsts, single)


class Outlines:
    """What the images hold, to measure maps against."""

    def __init__(self, arrays: Arrays, indices: np.ndarray) -> None:
        self.arrays, self.indices = arrays, indices
        self.regions, self.valid = regions_of(arrays, indices)
        shares = area_shares(self.regions, self.valid)
        self.area = pd.DataFrame(shares, columns=[f"share_{name}" for name in REGIONS])
        self.outlined = np.array([(arrays.masks[i][..., EMBRYO] > 0).any() for i in indices])
        self.area["share_embryo"] = self.area["share_embryo"].where(self.outlined)

    def energies(self, heat: Tensor) -> pd.DataFrame:
        """The embryo's are unknown where nobody outlined it."""
        energy = energies(heat, self.regions, self.valid)
        return energy.assign(energy_embryo=energy["energy_embryo"].where(self.outlined))

    def table(self, heat: Tensor) -> pd.DataFrame:
        manifest = self.arrays.manifest.iloc[self.indices].reset_index(drop=True)
        energy = self.energies(heat)
        best = self.energies(at_grid(self.regions, *heat.shape[1:])).add_suffix(f"_{CEILING}")
        who = manifest[["image", "patient", "ratio"]]
        return pd.concat([who, self.area, energy, concentrations(energy, self.area), best], axis=1)

    def control(self, heat: Tensor, other: Tensor) -> pd.DataFrame:
        """Energies of the other map, and how much the two are alike on image content."""
        cells = [nearest(self.arrays.valid(i), *heat.shape[1:]) for i in self.indices]
        pairs = list(zip(heat.numpy(), other.numpy(), cells, strict=True))
        return self.energies(other).assign(
            rank_correlation=[rank_correlation(*pair) for pair in pairs],
            ssim=[similarity(*pair) for pair in pairs],
        )
