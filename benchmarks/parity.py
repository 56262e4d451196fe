"""Does a bundle's graph answer raw pictures of random sizes as the Python pipeline does?

python -m benchmarks.parity [--images 200]
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from tqdm import tqdm

from ivfgrade.bundle.deployable import Reading, deployable
from ivfgrade.bundle.labelled import samples_of
from ivfgrade.bundle.parity import same
from ivfgrade.bundle.session import open_graph
from ivfgrade.dataset.arrays import load_arrays
from ivfgrade.dataset.images import read_image
from ivfgrade.errors import one_line
from ivfgrade.grading import GradingScheme, load_scheme
from ivfgrade.params import load_params
from ivfgrade.training.precision import resolve

SMALLEST, LARGEST = 64, 1600  # longer side in pixels
STRETCHED = 1.5  # of the shorter side, at most, either way


def main(
    graph: Path = Path("deploy/ivfgrade-D/model.onnx"),
    model: Path = Path("models/finetune"),
    data: Path = Path("data/processed"),
    pictures: Path = Path("data/raw/calibrants"),
    images: Annotated[int, typer.Option(min=1)] = 200,
) -> None:
    with one_line():
        params = load_params()
        scheme, recipe = load_scheme(Path(params.data.grading)), params.active_recipe
        reading = Reading(recipe.mask_threshold, resolve(params.device, params.precision))
        made = deployable(model, model, recipe.ratio, load_arrays(data), reading)
        some = tqdm(of_random_sizes(pictures, scheme, images), total=images, unit="picture")
        found = same(open_graph(graph, "cpu"), made, some)
        for name, value in found.told().items():
            print(f"{name}: {value:g}")
        found.require(params.bundle.parity)


def of_random_sizes(root: Path, scheme: GradingScheme, count: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(0)
    samples = samples_of(root, scheme)
    for index in rng.permutation(len(samples))[:count]:
        picture = Image.fromarray(read_image(samples[index].image_path(root)))
        longer = int(rng.integers(SMALLEST, LARGEST + 1))
        share = min(picture.size) / max(picture.size)
        shorter = longer * share * float(np.exp(rng.uniform(-1, 1) * np.log(STRETCHED)))
        sides = (longer, max(1, round(shorter)))
        size = sides if picture.width >= picture.height else sides[::-1]
        yield np.asarray(picture.resize(size, Image.Resampling.BICUBIC))


if __name__ == "__main__":
    typer.run(main)
