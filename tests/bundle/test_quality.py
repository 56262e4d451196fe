"""Quality measures and clues on pictures of which they can be said beforehand."""

import math

import pytest
import torch
from torch.nn import functional as F

from ivfgrade.bundle.ports import FOCUS, SEEN, WIDTHS
from ivfgrade.bundle.quality import certainty, focus, seen, smooth

SIZE = 96
IN_EMBRYO, AROUND = slice(0, len(WIDTHS)), slice(len(WIDTHS), 2 * len(WIDTHS))
PEAKS = slice(2 * len(WIDTHS), 2 * len(WIDTHS) + 3)
WHOLE = torch.ones(1, 1, SIZE, SIZE)


def disc(row: float, column: float, radius: float) -> torch.Tensor:
    at = torch.arange(SIZE, dtype=torch.float32)
    far = ((at[:, None] - row) ** 2 + (at[None, :] - column) ** 2).sqrt()
    return (far <= radius).float()[None]  # 1 S S


def what_is_seen(image: torch.Tensor, embryo: torch.Tensor, valid: torch.Tensor = WHOLE) -> dict:
    return dict(zip(SEEN, seen(image, valid, embryo)[0].tolist(), strict=True))


def noise(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 1, SIZE, SIZE, generator=generator).repeat(1, 3, 1, 1)


def blurred(image: torch.Tensor, width: float) -> torch.Tensor:
    return torch.cat([smooth(image[:, :1], WHOLE, width)] * 3, 1)


def test_nothing_outlined_is_no_certainty_and_no_share():
    empty = torch.zeros(1, SIZE, SIZE)
    assert float(certainty(empty)) == 0
    assert what_is_seen(noise(), empty)["embryo_share"] == 0
    assert torch.isfinite(focus(noise(), WHOLE, empty)).all()


@pytest.mark.parametrize(("level", "share"), [(1.0, 0.25), (0.0, 0.25), (0.5, 0.0)])
def test_saturated_is_the_share_of_white_and_black(level, share):
    picture = torch.full((1, 3, SIZE, SIZE), 0.5)
    picture[..., : SIZE // 4] = level
    assert what_is_seen(picture, disc(48, 48, 10))["saturated"] == pytest.approx(share)


def test_a_colour_that_tells_something_is_not_saturated():
    picture = torch.ones(1, 3, SIZE, SIZE)
    picture[:, 2] = 0.7
    assert what_is_seen(picture, disc(48, 48, 10))["saturated"] == 0


def test_a_lens_out_of_focus_takes_the_fine_bands_first():
    embryo = disc(48, 48, 40)
    sharp, soft = (
        focus(one, WHOLE, embryo)[0, IN_EMBRYO] for one in (noise(), blurred(noise(), 2))
    )
    lost = (sharp - soft).tolist()
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > 5 > 1 > abs(lost[-1])


def test_embryo_and_surroundings_are_told_apart():
    embryo = disc(48, 48, 30)
    mixed = torch.where(embryo[:, None] > 0, blurred(noise(), 3), noise())
    clues = focus(mixed, WHOLE, embryo)[0]
    assert float(clues[AROUND][0] - clues[IN_EMBRYO][0]) > 2


def test_contrast_shifts_all_bands_alike_and_leaves_the_peaks():
    embryo = disc(48, 48, 40)
    once, twice = (focus(by * noise(), WHOLE, embryo)[0] for by in (0.4, 0.8))
    assert (twice - once)[IN_EMBRYO].tolist() == pytest.approx([math.log(4)] * 5, abs=1e-3)
    assert (twice - once)[PEAKS].tolist() == pytest.approx([0] * 3, abs=1e-3)


def test_few_strong_outlines_are_more_peaked_than_noise():
    embryo = disc(48, 48, 45)
    outline = (disc(48, 48, 30) * 0.8)[:, None].repeat(1, 3, 1, 1)
    drawn, even = (focus(one, WHOLE, embryo)[0, PEAKS][:2] for one in (outline, noise()))
    assert (drawn > even + 0.5).all()


def test_padding_counts_for_nothing():
    picture, embryo, valid = noise(), disc(48, 40, 20), WHOLE.clone()
    valid[..., 80:] = 0
    cut, other = picture * valid, picture.clone()  # other: as if there were no padding
    other[..., 80:] = 1.0
    inside = embryo * valid[:, 0]
    first, second = (focus(one, valid, inside) for one in (cut, other))
    assert first.shape == (1, FOCUS)
    assert torch.equal(first, second)
    share = what_is_seen(cut, inside, valid)["embryo_share"]
    assert share == pytest.approx(float(inside.sum() / valid.sum()))
    assert share == pytest.approx(math.pi * 20**2 / (80 * SIZE), rel=0.02)


def test_smoothing_keeps_a_constant_up_to_the_padding():
    valid = F.pad(torch.ones(1, 1, SIZE, SIZE // 2), (0, SIZE // 2))
    flat = smooth(torch.full((1, 1, SIZE, SIZE), 0.3) * valid, valid, 8.0)
    assert flat[..., : SIZE // 2].tolist()[0][0][0] == pytest.approx([0.3] * (SIZE // 2), abs=1e-5)
