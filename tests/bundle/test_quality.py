"""Quality measures on pictures of which they can be said beforehand."""

import math

import pytest
import torch
from torch.nn import functional as F

from ivfgrade.bundle.quality import MEASURES, certainty, measures, smooth, spread

SIZE = 96


def disc(row: float, column: float, radius: float) -> torch.Tensor:
    at = torch.arange(SIZE, dtype=torch.float32)
    far = ((at[:, None] - row) ** 2 + (at[None, :] - column) ** 2).sqrt()
    return (far <= radius).float()[None]  # 1 S S


def measured(image: torch.Tensor, embryo: torch.Tensor, valid: torch.Tensor | None = None) -> dict:
    inside = torch.ones(1, 1, SIZE, SIZE) if valid is None else valid
    return dict(zip(MEASURES, measures(image, inside, embryo)[0].tolist(), strict=True))


def textured(seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(seed)).repeat(
        1, 3, 1, 1
    )


def test_a_disc_has_spread_1_and_two_that_touch_one_and_a_half():
    assert float(spread(disc(48, 48, 20))) == pytest.approx(1, abs=0.02)
    both = torch.maximum(disc(48, 28, 20), disc(48, 68, 20))
    assert float(spread(both)) == pytest.approx(1.5, abs=0.02)


def test_an_ellipse_has_the_spread_of_its_axes():
    """(a^2 + b^2) / (2 a b)"""
    at = torch.arange(SIZE, dtype=torch.float32) - 48
    ellipse = ((at[:, None] / 30) ** 2 + (at[None, :] / 15) ** 2 <= 1).float()[None]
    assert float(spread(ellipse)) == pytest.approx((30**2 + 15**2) / (2 * 30 * 15), abs=0.02)


def test_where_the_embryo_lies_does_not_matter():
    near, far = spread(disc(30, 30, 15)), spread(disc(60, 70, 15))
    assert float(near) == pytest.approx(float(far), abs=1e-4)


def test_nothing_outlined_is_no_spread_and_no_certainty():
    empty = torch.zeros(1, SIZE, SIZE)
    assert float(spread(empty)) == float(certainty(empty)) == 0
    assert measured(textured(), empty)["embryo_share"] == 0


def test_blurring_raises_blur_step_by_step():
    found, picture, inside = [], textured(), torch.ones(1, 1, SIZE, SIZE)
    for width in (0.5, 1.0, 2.0, 4.0):
        blurred = torch.cat([smooth(picture[:, :1], inside, width)] * 3, 1)
        found.append(measured(blurred, disc(48, 48, 40))["blur"])
    assert found == sorted(found)
    assert found[-1] - found[0] > 2


def test_brightness_and_contrast_do_not_change_blur():
    picture, embryo = 0.4 + 0.2 * textured(), disc(48, 48, 40)
    assert measured(picture, embryo)["blur"] == pytest.approx(
        measured(0.1 + 1.3 * picture, embryo)["blur"], abs=1e-2
    )


@pytest.mark.parametrize(("level", "share"), [(1.0, 0.25), (0.0, 0.25), (0.5, 0.0)])
def test_saturated_is_the_share_of_white_and_black(level, share):
    picture = torch.full((1, 3, SIZE, SIZE), 0.5)
    picture[..., : SIZE // 4] = level
    assert measured(picture, disc(48, 48, 10))["saturated"] == pytest.approx(share)


def test_a_colour_that_tells_something_is_not_saturated():
    picture = torch.ones(1, 3, SIZE, SIZE)
    picture[:, 2] = 0.7
    assert measured(picture, disc(48, 48, 10))["saturated"] == 0


def test_padding_counts_for_nothing():
    picture, embryo, valid = textured(), disc(48, 40, 20), torch.ones(1, 1, SIZE, SIZE)
    valid[..., 80:] = 0
    cut, other = picture * valid, picture.clone()
    other[..., 80:] = 1.0
    inside = embryo * valid[:, 0]
    assert measured(cut, inside, valid) == pytest.approx(measured(other, inside, valid), rel=1e-5)
    share = float(inside.sum() / valid.sum())
    assert measured(cut, inside, valid)["embryo_share"] == pytest.approx(share)
    assert share == pytest.approx(math.pi * 20**2 / (80 * SIZE), rel=0.02)


def test_smoothing_keeps_a_constant_up_to_the_padding():
    valid = F.pad(torch.ones(1, 1, SIZE, SIZE // 2), (0, SIZE // 2))
    flat = smooth(torch.full((1, 1, SIZE, SIZE), 0.3) * valid, valid, 8.0)
    assert flat[..., : SIZE // 2].tolist()[0][0][0] == pytest.approx([0.3] * (SIZE // 2), abs=1e-5)
