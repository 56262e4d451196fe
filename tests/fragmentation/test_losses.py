from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from torch import Tensor

from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.losses import DICE_SMOOTH, READER_SD, ROOT_SHIFT, TERMS, reading_margin
from ivfgrade.fragmentation.model import Prediction, soft_area_ratio


def maps(*rows: list[float]) -> Tensor:
    return torch.tensor(rows)[None, None]  # 1 1 H W


def batch_of(
    fragment: Tensor, embryo: Tensor, valid: Tensor | None = None, **labels: Tensor
) -> Batch:
    count = len(fragment)
    yes, no = torch.ones(count, dtype=torch.bool), torch.zeros(count, dtype=torch.bool)
    known = {
        "paired": yes,
        "has_embryo": yes,
        "ratio": torch.zeros(count),
        "has_ratio": no,
        "low": torch.zeros(count),
        "high": torch.ones(count),
        "has_grade": no,
        "outlined": yes,
    }
    valid = torch.ones_like(fragment) if valid is None else valid
    image = torch.zeros(count, 3, *fragment.shape[-2:])
    return Batch(image, valid, fragment, embryo, **(known | labels))


def predict(fragment: Tensor, embryo: Tensor, ratio: Tensor | None = None) -> Prediction:
    """From probabilities."""
    logits = torch.logit(torch.cat([fragment, embryo], dim=1)).requires_grad_()
    ratio = torch.full((len(fragment),), 0.5) if ratio is None else ratio
    ratio = ratio.clone().requires_grad_()
    return Prediction(logits, ratio)


# A 2 x 2 image whose last pixel is padding: only p = .9, .2, .6 on 1, 0, 1 may count.
PROBABILITY = maps([0.9, 0.2], [0.6, 0.99])
TRUTH = maps([1.0, 0.0], [1.0, 0.0])
VALID = maps([1.0, 1.0], [1.0, 0.0])
EXPECTED = {
    "bce": -(math.log(0.9) + math.log(0.8) + math.log(0.6)) / 3,
    "dice": 1 - (2 * (0.9 + 0.6) + 1) / ((0.9 + 0.2 + 0.6) + 2 + 1),
    "focal": -(
        0.75 * 0.1**2 * math.log(0.9)
        + 0.25 * 0.2**2 * math.log(0.8)
        + 0.75 * 0.4**2 * math.log(0.6)
    )
    / 3,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_mask_terms_by_hand(name: str) -> None:
    batch = batch_of(TRUTH, TRUTH, VALID)
    assert TERMS[name](predict(PROBABILITY, PROBABILITY), batch).item() == pytest.approx(
        EXPECTED[name], rel=1e-5
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_fragment_and_embryo_count_the_same_and_only_where_known(name: str) -> None:
    other = maps([0.3, 0.3], [0.3, 0.3])
    one = TERMS[name](predict(PROBABILITY, other), batch_of(TRUTH, TRUTH, VALID)).item()
    embryo_alone = 2 * one - EXPECTED[name]
    no = torch.tensor([False])
    for unknown, expected in (("has_embryo", EXPECTED[name]), ("paired", embryo_alone)):
        batch = batch_of(TRUTH, TRUTH, VALID, **{unknown: no})
        value = TERMS[name](predict(PROBABILITY, other), batch).item()
        assert value == pytest.approx(expected / 2, rel=1e-5)


def test_dice_of_nothing_found_where_nothing_is() -> None:
    empty = torch.zeros(1, 1, 4, 4)
    nothing, everything = torch.full_like(empty, 1e-7), torch.full_like(empty, 1 - 1e-7)
    batch = batch_of(empty, empty)
    assert TERMS["dice"](predict(nothing, nothing), batch).item() == pytest.approx(0, abs=1e-4)
    assert TERMS["dice"](predict(everything, everything), batch).item() == pytest.approx(
        1 - DICE_SMOOTH / (16 + DICE_SMOOTH), rel=1e-4
    )


def test_dice_is_averaged_over_images_not_pixels() -> None:
    truth = torch.zeros(2, 1, 4, 4)
    truth[0] = 1.0  # one large fragment, one image without
    probability = torch.stack([torch.full((1, 4, 4), 0.5), torch.full((1, 4, 4), 0.25)])
    large, none = 1 - (2 * 8 + 1) / (8 + 16 + 1), 1 - 1 / (4 + 1)
    value = TERMS["dice"](predict(probability, probability), batch_of(truth, truth)).item()
    assert value == pytest.approx((large + none) / 2, rel=1e-5)


def test_precise_is_l1_where_the_ratio_is_known() -> None:
    zeros = torch.full((3, 1, 2, 2), 0.5)
    batch = batch_of(
        zeros,
        zeros,
        ratio=torch.tensor([0.10, 0.40, math.nan]),
        has_ratio=torch.tensor([True, True, False]),
    )
    prediction = predict(zeros, zeros, torch.tensor([0.15, 0.10, 0.9]))
    value = TERMS["precise"](prediction, batch)
    assert value.item() == pytest.approx((0.05 + 0.30) / 2, rel=1e-5)
    (gradient,) = torch.autograd.grad(value, prediction.ratio)
    assert gradient.tolist() == [0.5, -0.5, 0.0]  # an unknown ratio leaves no trace, not even NaN


def test_range_is_equation_5_on_weak_samples() -> None:
    masks = torch.full((6, 1, 2, 2), 0.5)
    batch = batch_of(
        masks,
        masks,
        low=torch.tensor([0.10, 0.10, 0.10, 0.10, 0.10, math.nan]),
        high=torch.tensor([0.25, 0.25, 0.25, 0.25, 0.25, math.nan]),
        has_grade=torch.tensor([True, True, True, True, True, False]),
        has_ratio=torch.tensor([False, False, False, False, True, False]),
    )
    prediction = predict(masks, masks, torch.tensor([0.04, 0.17, 0.25, 0.40, 0.90, 0.5]))
    value = TERMS["range"](prediction, batch)
    assert value.item() == pytest.approx((0.06 + 0.0 + 0.0 + 0.15) / 4, rel=1e-5)
    (gradient,) = torch.autograd.grad(value, prediction.ratio)
    assert gradient.tolist() == [-0.25, 0.0, 0.0, 0.25, 0.0, 0.0]


@given(
    ratio=st.floats(0.0, 1.0),
    interval=st.sampled_from([(0.0, 0.1), (0.1, 0.25), (0.25, 0.5), (0.5, 1.0)]),
)
def test_likelihood_is_that_of_a_reader_with_a_normal_error(
    ratio: float, interval: tuple[float, float]
) -> None:
    mask, yes = torch.full((1, 1, 2, 2), 0.5), torch.tensor([True])
    low, high = (torch.tensor([bound]) for bound in interval)
    batch = batch_of(mask, mask, low=low, high=high, has_grade=yes)
    value = TERMS["likelihood"](predict(mask, mask, torch.tensor([ratio])), batch)
    root = [math.sqrt(value + ROOT_SHIFT) for value in interval]
    ends = (root[0] if interval[0] else -math.inf, root[1] if interval[1] < 1 else math.inf)
    reader = norm(math.sqrt(ratio + ROOT_SHIFT), READER_SD)
    tail, (near, far) = (reader.cdf, ends[::-1]) if ratio > interval[1] else (reader.sf, ends)
    mass = tail(near) - tail(far)  # of the tail that is small, or the difference would be lost
    assert value.item() == pytest.approx(-READER_SD * math.log(mass), rel=2e-3, abs=1e-6)


def test_the_likelihood_is_given_the_interval_as_the_reader_named_it() -> None:
    assert reading_margin(0.02, {"precise": 1.0, "range": 1.0}) == 0.02
    assert reading_margin(0.02, {"precise": 1.0, "likelihood": 1.0}) == 0.0


def test_likelihood_pulls_to_the_middle_from_inside_and_hard_from_far_away() -> None:
    """Where the hinge is content, and where a probability alone would round to nothing."""
    mask, yes = torch.full((4, 1, 2, 2), 0.5), torch.ones(4, dtype=torch.bool)
    low, high = torch.tensor([0.25, 0.25, 0.0, 0.5]), torch.tensor([0.5, 0.5, 0.1, 1.0])
    batch = batch_of(mask, mask, low=low, high=high, has_grade=yes)
    middle_of_roots = ((0.25**0.5 + 0.5**0.5) / 2) ** 2
    prediction = predict(mask, mask, torch.tensor([0.26, middle_of_roots, 1.0, 0.0]))
    (gradient,) = torch.autograd.grad(TERMS["likelihood"](prediction, batch), prediction.ratio)
    inside, middle, far_above, far_below = gradient.tolist()
    assert inside < -0.01
    assert middle == pytest.approx(0.0, abs=1e-3)
    assert far_above > 0.9
    assert far_below < -0.9


@given(ratio=st.floats(0.25, 0.5))
def test_range_is_zero_inside_the_interval(ratio: float) -> None:
    mask = torch.full((1, 1, 2, 2), 0.5)
    yes, low, high = torch.tensor([True]), torch.tensor([0.25]), torch.tensor([0.5])
    batch = batch_of(mask, mask, low=low, high=high, has_grade=yes)
    assert TERMS["range"](predict(mask, mask, torch.tensor([ratio])), batch).item() == 0.0


def test_the_area_in_a_weak_image_must_fit_its_grade() -> None:
    """Half of each embryo is outlined; the ratio that the head names does not matter."""
    fragment, embryo = torch.tensor([1.0, 1.0, 0.0, 0.0]), torch.ones(4)
    fragment, embryo = (v.view(1, 1, 2, 2).repeat(4, 1, 1, 1) for v in (fragment, embryo))
    batch = batch_of(
        fragment,
        embryo,
        low=torch.tensor([0.10, 0.25, 0.70, 0.70]),
        high=torch.tensor([0.25, 0.60, 1.00, 1.00]),
        has_grade=torch.tensor([True, True, True, True]),
        has_ratio=torch.tensor([False, False, False, True]),
    )
    value = TERMS["area_range"](predict(fragment, embryo, torch.rand(4)), batch)
    assert value.item() == pytest.approx((0.25 + 0.0 + 0.20) / 3, abs=1e-3)


def test_soft_area_ratio_by_hand() -> None:
    embryo = maps([1.0, 0.5], [0.5, 0.9])  # the last pixel is padding
    logits = torch.logit(torch.cat([PROBABILITY, embryo], dim=1))
    expected = (0.9 * 1.0 + 0.2 * 0.5 + 0.6 * 0.5) / (1.0 + 0.5 + 0.5)
    assert soft_area_ratio(logits, VALID).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("valid", [torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)])
def test_soft_area_ratio_without_an_embryo_is_zero_and_smooth(valid: Tensor) -> None:
    logits = torch.full((1, 2, 2, 2), -40.0, requires_grad=True)
    ratio = soft_area_ratio(logits, valid)
    ratio.sum().backward()
    assert ratio.item() == pytest.approx(0.0, abs=1e-6)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("name", ["area", "consistency"])
@pytest.mark.parametrize(("gap", "expected"), [(0.02, 0.02**2 / 2), (0.2, 0.05 * (0.2 - 0.025))])
def test_consistency_terms_are_huber_of_the_area(name: str, gap: float, expected: float) -> None:
    fragment, embryo = torch.full((1, 1, 2, 2), 0.3), torch.full((1, 1, 2, 2), 0.5)  # area .3
    wanted = torch.tensor([0.3 + gap])
    batch = batch_of(fragment, embryo, ratio=wanted, has_ratio=torch.tensor([True]))
    value = TERMS[name](predict(fragment, embryo, wanted), batch).item()
    assert value == pytest.approx(expected, rel=1e-3)


def test_area_asks_for_a_mask_and_a_ratio_and_consistency_for_no_label() -> None:
    fragment = torch.full((1, 1, 2, 2), 0.3)
    yes, no = torch.tensor([True]), torch.tensor([False])
    prediction = predict(fragment, fragment, torch.tensor([0.9]))
    for labels in ({"paired": no, "has_ratio": yes}, {"paired": yes, "has_ratio": no}):
        assert TERMS["area"](prediction, batch_of(fragment, fragment, **labels)).item() == 0.0
    unknown = batch_of(fragment, fragment, paired=no, has_embryo=no)
    assert TERMS["consistency"](prediction, unknown).item() > 0.0
    no_mask = replace(unknown, outlined=no)  # the model was not asked for one
    assert TERMS["consistency"](prediction, no_mask).item() == 0.0


@pytest.mark.parametrize("name", EXPECTED)
def test_a_known_mask_counts_only_where_the_model_was_asked_for_one(name: str) -> None:
    batch = batch_of(TRUTH, TRUTH, VALID, outlined=torch.tensor([False]))
    assert TERMS[name](predict(PROBABILITY, PROBABILITY), batch).item() == 0.0


def random_case(seed: int) -> tuple[Prediction, Batch]:
    generator = torch.Generator().manual_seed(seed)
    shape = (3, 1, 5, 5)
    fragment, embryo, valid = (
        (torch.rand(shape, generator=generator) < share).float() for share in (0.3, 0.6, 0.7)
    )
    truth = torch.rand(3, generator=generator)
    yes = torch.ones(3, dtype=torch.bool)
    logits = torch.randn(3, 2, 5, 5, generator=generator, requires_grad=True)
    ratio = torch.rand(3, generator=generator, requires_grad=True)
    batch = batch_of(fragment, embryo, valid, ratio=truth, has_ratio=yes, has_grade=yes)
    return Prediction(logits, ratio), batch


@pytest.mark.parametrize("name", TERMS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_padding_is_in_no_term(name: str, seed: int) -> None:
    prediction, batch = random_case(seed)
    padding = batch.valid == 0
    value = TERMS[name](prediction, batch)
    noise = torch.randn(prediction.mask_logits.shape) * padding * 5
    changed = prediction._replace(mask_logits=prediction.mask_logits + noise)
    flipped = replace(
        batch,
        fragment=torch.where(padding, 1 - batch.fragment, batch.fragment),
        embryo=torch.where(padding, 1 - batch.embryo, batch.embryo),
    )
    assert TERMS[name](changed, flipped).item() == value.item()
    (gradient,) = torch.autograd.grad(value, prediction.mask_logits, allow_unused=True)
    assert gradient is None or (gradient * padding).abs().max().item() == 0.0


@pytest.mark.parametrize("name", TERMS)
def test_a_term_without_samples_is_a_zero_on_the_graph(name: str) -> None:
    prediction, batch = random_case(0)
    no = torch.zeros(3, dtype=torch.bool)
    batch = replace(batch, paired=no, has_embryo=no, has_ratio=no, has_grade=no, outlined=no)
    value = TERMS[name](prediction, batch)
    assert value.item() == 0.0
    value.backward()
    for leaf in (prediction.mask_logits, prediction.ratio):
        assert leaf.grad is None or not leaf.grad.any()


@pytest.mark.parametrize("name", TERMS)
def test_every_term_pulls_on_something(name: str) -> None:
    prediction, batch = random_case(1)
    weak = {"has_ratio": torch.zeros(3, dtype=torch.bool), "low": torch.full((3,), 0.99)}
    batch = replace(batch, **weak) if name in ("range", "area_range", "likelihood") else batch
    TERMS[name](prediction, batch).backward()
    on_mask = prediction.mask_logits.grad is not None and prediction.mask_logits.grad.any()
    on_ratio = prediction.ratio.grad is not None and prediction.ratio.grad.any()
    reached = {
        "precise": (False, True),
        "range": (False, True),
        "likelihood": (False, True),
        "consistency": (True, True),
    }
    assert (bool(on_mask), bool(on_ratio)) == reached.get(name, (True, False))
