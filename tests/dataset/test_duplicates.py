from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, shift

from ivfgrade.dataset.duplicates import SYMMETRIES, find_twins, fingerprint

THRESHOLD = 0.98
SIZE = 200
ROW, COLUMN = np.mgrid[:SIZE, :SIZE]


def frame(seed: int) -> np.ndarray:
    """Every frame has the same well ring and shading, as one imaging set-up gives them."""
    rng = np.random.default_rng(seed)
    grey = 60 + 0.2 * ROW + 150 * (abs(np.hypot(ROW - 100, COLUMN - 100) - 80) < 6)
    centre = rng.uniform(80, 120, 2)
    embryo = np.hypot(ROW - centre[0], COLUMN - centre[1]) < rng.uniform(30, 40)
    structure = gaussian_filter(rng.normal(0, 1, (SIZE, SIZE)), 5)
    grey = grey + embryo * structure / structure.std() * 30
    return coloured(grey)


def coloured(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, -1)


def as_jpeg(image: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=60)
    return np.asarray(Image.open(file))


def as_resized(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((131, 143), Image.Resampling.BILINEAR))


TWINS = {
    "recompressed": as_jpeg,
    "brighter": lambda image: coloured(image[..., 0] * 1.2 + 10),
    "shifted": lambda image: coloured(
        shift(image[..., 0].astype(float), (1.6, -1.2), mode="nearest")
    ),
    "resized": as_resized,
    "mirrored": lambda image: image[:, ::-1],
    "turned and recompressed": lambda image: as_jpeg(np.rot90(image)),
    "transposed": lambda image: image.swapaxes(0, 1),
}


def correlations(images: list[np.ndarray], threshold: float) -> dict[tuple[str, str], float]:
    names = [f"{index:02}" for index in range(len(images))]
    digests = [image.tobytes().hex() for image in images]
    fingerprints = np.array([fingerprint(image) for image in images])
    found = find_twins(names, fingerprints, digests, threshold)
    return {(twins.first, twins.second): twins.correlation for twins in found}


@pytest.mark.parametrize("change", TWINS.values(), ids=TWINS.keys())
def test_a_picture_saved_again_is_found(change: object) -> None:
    others = [frame(seed) for seed in range(1, 5)]
    found = correlations([frame(0), *others, change(frame(0))], THRESHOLD)  # type: ignore[operator]
    assert list(found) == [("00", "05")]


def test_frames_of_one_set_up_are_no_twins() -> None:
    assert correlations([frame(seed) for seed in range(40)], 0.9) == {}


def test_identical_pixels_correlate_fully_and_are_chained() -> None:
    found = correlations([frame(0), frame(1), frame(0), frame(0)], THRESHOLD)
    assert found == {("00", "02"): 1.0, ("00", "03"): 1.0}


def test_the_eight_symmetries_are_all_different() -> None:
    square = np.arange(9).reshape(3, 3)
    assert len({turn(square).tobytes() for turn in SYMMETRIES}) == 8


def test_flat_pictures_are_no_twins_of_each_other() -> None:
    assert correlations([coloured(np.full((9, 9), grey)) for grey in (10, 99)], THRESHOLD) == {}
