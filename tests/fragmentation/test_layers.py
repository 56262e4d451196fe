from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from ivfgrade.fragmentation.layers import (
    ASPP,
    AtrousConv,
    AttentionGate,
    ConcatInjection,
    PassThrough,
    StopGradient,
    masked_mean,
    resize_like,
)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_masked_mean_averages_content_only() -> None:
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 100.0]]]])
    valid = torch.tensor([[[[1.0, 1.0], [1.0, 0.0]]]])
    assert masked_mean(maps, valid).item() == 2.0


def test_masked_mean_of_nothing_is_zero_with_a_finite_gradient() -> None:
    maps = torch.rand(2, 3, 4, 4, requires_grad=True)
    mean = masked_mean(maps, torch.zeros(2, 1, 8, 8))
    mean.sum().backward()
    assert torch.equal(mean, torch.zeros(2, 3))
    assert torch.equal(maps.grad, torch.zeros_like(maps))


def test_masked_mean_of_bfloat16_is_accumulated_in_float32() -> None:
    maps = torch.rand(1, 2, 38, 38).bfloat16()
    expected = maps.double().mean(dim=(2, 3))
    torch.testing.assert_close(masked_mean(maps, torch.ones(1, 1, 299, 299)).double(), expected)


def test_resize_goes_to_a_size_that_no_factor_gives() -> None:
    assert resize_like(torch.rand(1, 2, 38, 38), torch.rand(1, 5, 75, 75)).shape == (1, 2, 75, 75)


@settings(max_examples=15, deadline=None)
@given(rate=st.integers(1, 14), height=st.integers(1, 12), width=st.integers(1, 12))
def test_atrous_convolution_is_the_dilated_convolution(rate: int, height: int, width: int) -> None:
    conv = AtrousConv(3, 4, rate)
    maps = torch.randn(2, 3, height, width)
    literal = F.conv2d(maps, conv.weight, padding=rate, dilation=rate)
    torch.testing.assert_close(conv(maps), literal)


def test_atrous_convolution_has_the_gradients_of_the_dilated_one() -> None:
    conv = AtrousConv(3, 4, 2)
    maps = torch.randn(2, 3, 7, 6, requires_grad=True)
    weights = torch.randn(2, 4, 7, 6)
    ours = torch.autograd.grad((conv(maps) * weights).sum(), [maps, conv.weight])
    literal = F.conv2d(maps, conv.weight, padding=2, dilation=2)
    theirs = torch.autograd.grad((literal * weights).sum(), [maps, conv.weight])
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_aspp_trains_on_a_single_image() -> None:
    aspp = ASPP(8, 4, (2, 3), dropout=0.0).train()
    assert aspp(torch.rand(1, 8, 5, 5), torch.rand(1, 8)).shape == (1, 4, 5, 5)


def test_image_level_does_not_mix_the_images_of_a_batch() -> None:
    image = ASPP(8, 4, (2,), dropout=0.0).train().image
    pooled = torch.rand(3, 8, 1, 1)
    torch.testing.assert_close(image(pooled)[:1], image(pooled[:1]))


def test_gate_is_equation_1() -> None:
    gate = AttentionGate(3, 5, 2, bias=0.7).eval()  # a fresh norm in eval only divides by ~1
    f1, g = torch.randn(2, 3, 4, 4), torch.randn(2, 5, 4, 4)
    w_x, w_g, psi = gate.w_x[0].weight[:, :, 0, 0], gate.w_g[0].weight[:, :, 0, 0], gate.psi
    inner = torch.einsum("oc,bchw->bohw", w_x, f1) + torch.einsum("oc,bchw->bohw", w_g, g)
    score = torch.einsum("o,bohw->bhw", psi.weight[0, :, 0, 0], inner.relu()) + 0.7
    alpha = torch.sigmoid(score)[:, None]
    torch.testing.assert_close(gate.alpha(f1, g), alpha, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(gate(f1, g), alpha * f1, atol=1e-4, rtol=1e-4)


def test_pass_through_is_a_gate_that_is_open_everywhere() -> None:
    f1, g = torch.randn(2, 3, 4, 4), torch.randn(2, 5, 4, 4)
    gate = PassThrough()
    assert torch.equal(gate(f1, g), f1)
    assert torch.equal(gate.alpha(f1, g), torch.ones(2, 1, 4, 4))


def literal_injection(
    fused: torch.Tensor, v_reg: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    broadcast = v_reg[:, :, None, None].expand(-1, -1, *fused.shape[-2:])  # equation 2
    return fused + F.conv2d(broadcast, weight, padding=1)


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (2, 2), (5, 7)])
def test_injection_is_the_literal_broadcast_and_convolution_up_to_the_border(
    size: tuple[int, int],
) -> None:
    injection = ConcatInjection(6, 4, torch.nn.Identity())
    torch.nn.init.normal_(injection.weight)
    fused, v_reg = torch.randn(3, 4, *size), torch.randn(3, 6)
    literal = literal_injection(fused, v_reg, injection.weight)
    torch.testing.assert_close(injection(fused, v_reg), literal, atol=1e-5, rtol=1e-5)


def test_split_fusion_is_the_literal_convolution_of_equation_3() -> None:
    """conv(Concat(F_dec, F_inj)) with one weight = `fusion` slice + injection slice."""
    whole = torch.randn(4, 5 + 6, 3, 3)
    f_dec, v_reg = torch.randn(2, 5, 7, 7), torch.randn(2, 6)
    injection = ConcatInjection(6, 4, torch.nn.Identity())
    injection.weight.data.copy_(whole[:, 5:])
    f_inj = v_reg[:, :, None, None].expand(-1, -1, 7, 7)
    literal = F.conv2d(torch.cat([f_dec, f_inj], dim=1), whole, padding=1)
    split = injection(F.conv2d(f_dec, whole[:, :5], padding=1), v_reg)
    torch.testing.assert_close(split, literal, atol=1e-4, rtol=1e-4)


def test_untrained_injection_is_the_identity() -> None:
    fused = torch.randn(2, 4, 5, 5)
    assert torch.equal(ConcatInjection(6, 4, torch.nn.Identity())(fused, torch.randn(2, 6)), fused)


def test_stop_gradient_cuts_v_reg_off_the_mask_path() -> None:
    injection = ConcatInjection(6, 4, StopGradient())
    torch.nn.init.normal_(injection.weight)
    v_reg = torch.randn(2, 6, requires_grad=True)
    injection(torch.randn(2, 4, 5, 5), v_reg).sum().backward()
    assert v_reg.grad is None
    assert injection.weight.grad is not None
    assert injection.weight.grad.abs().sum() > 0
