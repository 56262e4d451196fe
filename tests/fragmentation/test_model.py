"""One contract over every variant of the network, and what only the full one must do."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.model import AttnRegDeepLab, Features, Prediction, build
from ivfgrade.fragmentation.spec import ModelSpec
from tests.fragmentation.test_losses import batch_of

FULL = ModelSpec(
    gate="attention",
    gate_bias=2.0,
    aspp_rates=(2, 4, 36),
    aspp_dropout=0.1,
    head="multi_scale",
    head_dropout=0.3,
    injection="concat",
    detach_injection=False,
)
VARIANTS = {
    "full": FULL,
    "detached": replace(FULL, detach_injection=True),
    "no_injection": replace(FULL, injection="none"),
    "segmenter": replace(FULL, head="none", injection="none"),
    "vanilla": replace(FULL, gate="none", head="none", injection="none"),
}


@pytest.fixture(scope="module", params=VARIANTS)
def model(request: pytest.FixtureRequest) -> AttnRegDeepLab:
    return awake(VARIANTS[request.param])


@pytest.fixture(scope="module")
def full() -> AttnRegDeepLab:
    return awake(FULL)


def awake(spec: ModelSpec) -> AttnRegDeepLab:
    """A model in which nothing is off any more because it starts at zero."""
    torch.manual_seed(0)
    model = build(spec).eval()
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.02)
    return model


def images(count: int, size: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    valid = torch.ones(count, 1, size, size)
    valid[:, :, :, : size // 4] = 0.0  # letterboxed on one side
    return torch.rand(count, 3, size, size, generator=generator), valid


def assert_same(one: Prediction, other: Prediction, tolerance: float = 0.0) -> None:
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("size", [65, 97])
@torch.no_grad()
def test_output_has_the_size_of_the_input(model: AttnRegDeepLab, size: int) -> None:
    prediction = model(*images(2, size))
    assert prediction.mask_logits.shape == (2, 2, size, size)
    assert prediction.ratio.shape == (2,)
    assert ((prediction.ratio >= 0) & (prediction.ratio <= 1)).all()


@torch.no_grad()
def test_what_lies_under_the_padding_changes_nothing(model: AttnRegDeepLab) -> None:
    image, valid = images(1, 65)
    garbage = torch.where(valid == 0, torch.full_like(image, 7.0), image)
    assert_same(model(image, valid), model(garbage, valid))
    assert torch.equal(model.attention(image, valid), model.attention(garbage, valid))


@torch.no_grad()
def test_evaluation_is_deterministic_and_each_image_alone(model: AttnRegDeepLab) -> None:
    image, valid = images(3, 65)
    together = model(image, valid)
    assert_same(model(image, valid), together)
    alone = model(image[1:2], valid[1:2])
    assert_same(Prediction(*(part[1:2] for part in together)), alone, tolerance=2e-4)


def test_every_parameter_learns(model: AttnRegDeepLab) -> None:
    image, valid = images(2, 65)
    model.zero_grad()
    prediction = model.train()(image, valid)
    (prediction.mask_logits.square().mean() + prediction.ratio.sum()).backward()
    model.eval()
    idle = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_trains_on_a_batch_of_one(model: AttnRegDeepLab) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert torch.isfinite(model.train()(*images(1, 65)).mask_logits).all()
    model.load_state_dict(before)
    model.eval()


@torch.no_grad()
def test_bfloat16_in_channels_last_agrees_and_answers_in_float32(full: AttnRegDeepLab) -> None:
    image, valid = images(2, 65)
    exact = full(image, valid)
    with torch.autocast("cpu", torch.bfloat16):
        rough = full(image.to(memory_format=torch.channels_last), valid)
        pooled = full.features(image, valid).pooled
    assert {part.dtype for part in (*rough, pooled)} == {torch.float32}
    torch.testing.assert_close(rough.ratio, exact.ratio, atol=0.02, rtol=0)
    p, q = torch.sigmoid(rough.mask_logits), torch.sigmoid(exact.mask_logits)
    torch.testing.assert_close(p, q, atol=0.05, rtol=0)


@pytest.mark.parametrize("name", ["full", "vanilla"])
def test_torch_exports_it_with_a_free_batch_size(name: str) -> None:
    model = awake(VARIANTS[name])
    batch = torch.export.Dim("batch", min=1)
    program = torch.export.export(
        model, images(2, 65), dynamic_shapes=({0: batch}, {0: batch}), strict=False
    ).module()
    for count in (1, 3):
        inputs = images(count, 65, seed=count)
        with torch.no_grad():
            assert_same(program(*inputs), model(*inputs), tolerance=1e-4)


@torch.no_grad()
def test_sizes_at_299_are_the_papers(full: AttnRegDeepLab) -> None:
    image, valid = images(1, 299)
    assert [tuple(maps.shape[1:]) for maps in full.backbone(image)] == [
        (256, 75, 75),
        (1024, 38, 38),
        (2048, 38, 38),
    ]
    features = full.features(image, valid)
    assert features.pooled.shape == (1, 3072)
    assert features.fused.shape == (1, 256, 75, 75)
    assert full.head(features.pooled).shape == (1, 2048)


@torch.no_grad()
def test_attention_map_is_a_share_per_position(full: AttnRegDeepLab) -> None:
    alpha = full.attention(*images(1, 97))
    assert alpha.shape == (1, 1, 25, 25)
    assert ((alpha > 0) & (alpha < 1)).all()


def test_gate_starts_nearly_open_with_a_positive_bias() -> None:
    torch.manual_seed(0)
    alpha = build(FULL).eval().attention(*images(1, 65))
    assert alpha.mean().item() == pytest.approx(torch.sigmoid(torch.tensor(2.0)).item(), abs=0.1)


@torch.no_grad()
def test_normalised_pixels_are_imagenets_and_padding_is_zero(full: AttnRegDeepLab) -> None:
    image, valid = torch.tensor([0.485, 0.5, 0.406]).view(1, 3, 1, 1), torch.ones(1, 1, 1, 1)
    expected = torch.tensor([0.0, (0.5 - 0.456) / 0.224, 0.0]).view(1, 3, 1, 1)
    torch.testing.assert_close(full.pixels(image, valid), expected)
    assert not full.pixels(image, 0 * valid).any()


@torch.no_grad()
def test_injection_moves_the_mask_and_starts_as_the_identity(full: AttnRegDeepLab) -> None:
    torch.manual_seed(0)
    pooled, fused, valid = torch.rand(2, 3072), torch.randn(2, 256, 9, 9), images(2, 33)[1]
    swapped = pooled.flip(0)
    fresh = build(FULL).eval()
    for network, moves in ((full, True), (fresh, False)):
        one = network.heads(Features(pooled, fused), valid).mask_logits
        other = network.heads(Features(swapped, fused), valid).mask_logits
        assert torch.equal(one, other) is not moves
    without = build(VARIANTS["no_injection"]).eval()
    without.load_state_dict(fresh.state_dict(), strict=False)
    features = Features(pooled, fused)
    assert_same(without.heads(features, valid), fresh.heads(features, valid))


@pytest.mark.parametrize("name", ["precise", "range"])
def test_regression_losses_give_the_injection_no_gradient(full: AttnRegDeepLab, name: str) -> None:
    """Why phase 2 needs L_cons and a little L_seg (S4.44)."""
    gradients = injection_and_head(full, name)
    assert gradients == (False, True)


@pytest.mark.parametrize(
    ("name", "variant", "expected"),
    [
        ("dice", "full", (True, True)),
        ("dice", "detached", (True, False)),
        ("consistency", "detached", (True, True)),
    ],
)
def test_what_the_mask_losses_reach(name: str, variant: str, expected: tuple[bool, bool]) -> None:
    assert injection_and_head(awake(VARIANTS[variant]), name) == expected


def injection_and_head(model: AttnRegDeepLab, name: str) -> tuple[bool, bool]:
    """Which of the two a loss term trains."""
    torch.manual_seed(0)
    valid = images(2, 33)[1]
    masks = (torch.rand(2, 1, 33, 33) < 0.5).float()
    yes = torch.tensor([True, True])
    weak = {"has_grade": yes, "low": torch.full((2,), 0.98)} if name == "range" else {}
    batch = batch_of(masks, masks, valid, **({"has_ratio": ~yes if weak else yes} | weak))
    model.zero_grad()
    features = Features(torch.rand(2, 3072), torch.randn(2, 256, 9, 9))
    TERMS[name](model.heads(features, valid), batch).backward()
    gradients = (model.injection.weight.grad, model.head.hidden[0].weight.grad)
    return tuple(gradient is not None and bool(gradient.any()) for gradient in gradients)


@torch.no_grad()
def test_head_starts_at_the_prior_ratio_whatever_the_features() -> None:
    head = build(FULL).eval().head
    head.set_ratio_prior(0.17)
    ratio = head.ratio(head(torch.randn(3, 3072) * 100), torch.empty(0), torch.empty(0))
    torch.testing.assert_close(ratio, torch.full((3,), 0.17))


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_prior_of_a_one_sided_training_set_stays_finite(ratio: float) -> None:
    head = build(FULL).head
    head.set_ratio_prior(ratio)
    assert torch.isfinite(head.output.bias).all()


def test_standardised_features_have_mean_0_and_sd_1_and_dead_ones_stay_0() -> None:
    torch.manual_seed(0)
    head = build(FULL).head
    pooled = torch.randn(50, 3072) * 3 + 5
    pooled[:, :10] = 0.25
    head.standardise_like(pooled)
    standard = (pooled - head.mean) * head.gain
    torch.testing.assert_close(standard[:, 10:].mean(0), torch.zeros(3062), atol=1e-4, rtol=0)
    torch.testing.assert_close(
        standard[:, 10:].std(0, correction=0), torch.ones(3062), atol=1e-3, rtol=0
    )
    assert not standard[:, :10].any()
    unseen = torch.full((1, 3072), 1e3)
    assert not ((unseen - head.mean) * head.gain)[:, :10].any()


@torch.no_grad()
def test_area_head_answers_with_the_masks_area() -> None:
    head = build(VARIANTS["vanilla"]).head
    valid = torch.ones(1, 1, 2, 2)
    logits = torch.logit(torch.tensor([0.25, 0.5])).view(1, 2, 1, 1).expand(1, 2, 2, 2)
    ratio = head.ratio(head(torch.rand(1, 3072)), logits, valid)
    assert ratio.item() == pytest.approx(0.25)
    assert list(head.parameters()) == []


@pytest.mark.parametrize("what", ["gate", "head", "injection"])
def test_unknown_part_is_named_with_its_alternatives(what: str) -> None:
    with pytest.raises(InputError, match=f"{what} 'magic' is unknown, choose one of: .*none"):
        build(replace(FULL, **{what: "magic"}))


def test_injection_without_a_head_is_refused() -> None:
    with pytest.raises(InputError, match="needs a regression head"):
        build(replace(FULL, head="none"))


def test_a_coarse_network_has_the_same_weights_and_coarser_maps() -> None:
    fine, coarse = awake(FULL), build(FULL, 16).eval()
    coarse.load_state_dict(fine.state_dict())
    image, valid = images(1, 97)
    assert [maps.shape[-1] for maps in fine.backbone(image)] == [25, 13, 13]
    assert [maps.shape[-1] for maps in coarse.backbone(image)] == [25, 7, 7]
    assert coarse(image, valid).mask_logits.shape == fine(image, valid).mask_logits.shape


def test_aspp_sees_as_far_at_either_stride() -> None:
    spec = replace(FULL, aspp_rates=(12, 24, 36))
    fine, coarse = build(spec), build(spec, 16)
    assert [branch[0].dilation[0] for branch in fine.aspp.atrous] == [12, 24, 36]
    assert [branch[0].dilation[0] for branch in coarse.aspp.atrous] == [6, 12, 18]
