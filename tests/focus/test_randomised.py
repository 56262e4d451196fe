"""The control: what is redrawn, what is left, and how alike two maps are."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from ivfgrade.errors import InputError
from ivfgrade.focus.alike import WINDOW, rank_correlation, similarity, ssim
from ivfgrade.focus.randomised import randomised
from ivfgrade.focus.subject import subject
from tests.focus.conftest import CPU


def weights(seen) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in seen.network.state_dict().items()}


def changed(before, after) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize(
    ("down_to", "parts"),
    [
        ("head", ("head",)),
        ("layer2", ("head", "backbone.layer2")),
        ("layer1", ("head", "backbone.layer2", "backbone.layer1")),
    ],
)
def test_everything_down_to_the_part_is_redrawn_and_nothing_else(seen, pixels, down_to, parts):
    before = weights(seen)
    twin, _ = randomised(seen, down_to, (0, 0), pixels, CPU)
    different = changed(before, weights(twin))
    redrawn = {name for name in before if name.startswith(parts)}
    constants = {name for name in redrawn if name.endswith((".1.weight", ".1.bias"))}  # 1 and 0
    standardisation = {"head.mean", "head.gain"}
    assert redrawn - constants - standardisation <= different <= redrawn - standardisation
    assert changed(before, weights(seen)) == set()
    assert not any(module.training for module in twin.network.modules())


def test_a_seed_gives_one_network_and_leaves_the_generator_alone(seen, pixels):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, usual = randomised(seen, "layer1", (0, 0), pixels, CPU)
    assert torch.equal(torch.rand(3), expected)
    again, same = randomised(seen, "layer1", (0, 0), pixels, CPU)
    other, _ = randomised(seen, "layer1", (0, 1), pixels, CPU)
    assert changed(weights(first), weights(again)) == set()
    assert torch.equal(usual, same)
    assert "backbone.layer1.0.weight" in changed(weights(first), weights(other))


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_a_head_is_standardised_as_it_was_trained_or_not_at_all(seen, pixels, shift):
    """Taken anew from the images that are explained, it would change more than weights in a head
    that was never standardised."""
    head = seen.network.head
    head.mean.add_(shift)
    head.gain.add_(shift)
    for down_to in ("head", "layer1"):
        twin, _ = randomised(seen, down_to, (0, 0), pixels, CPU)
        assert torch.equal(twin.network.head.mean, head.mean)
        assert torch.equal(twin.network.head.gain, head.gain)


def test_norms_fit_the_new_weights(seen, pixels):
    twin, usual = randomised(seen, "layer1", (0, 0), pixels, CPU)
    (image, valid) = pixels[0]
    before_norm = twin.network.backbone.layer1[0](image * valid)
    norm = twin.network.backbone.layer1[1]
    torch.testing.assert_close(norm.running_mean, before_norm.mean((0, 2, 3)))
    assert norm.momentum == 0.1
    assert usual.shape == (1, 6, 1, 1)
    scores = twin.score(image, valid)
    assert scores.std() > 0  # an output that starts at zero, as in training, would have no map


def test_an_unknown_part_is_named_in_one_sentence(seen, pixels):
    with pytest.raises(InputError, match="it can name head, layer2, layer1$"):
        randomised(seen, "layer9", (0, 0), pixels, CPU)


def test_what_cannot_be_looked_into_says_why(seen):
    with pytest.raises(InputError, match="which the backbone of this network lacks"):
        subject(seen.network, "layer9")
    with pytest.raises(InputError, match="no regression head"):
        subject(torch.nn.Conv2d(1, 1, 1), "layer4")


def test_the_score_is_the_logit_of_the_ratio(seen, pixels):
    ratio = seen.network(*pixels[0]).ratio
    torch.testing.assert_close(seen.score(*pixels[0]), torch.logit(ratio))
    assert not seen.network.head.output._forward_hooks


def test_rank_correlation_is_spearmans_on_image_content():
    random = np.random.default_rng(0)
    first, second = random.integers(0, 6, (2, 9, 8)).astype(float)  # with ties
    valid = np.ones((9, 8), bool)
    valid[:, 6:] = False
    expected = spearmanr(first[valid], second[valid]).statistic
    assert rank_correlation(first, second, valid) == pytest.approx(expected)
    second[~valid] = 99
    assert rank_correlation(first, second, valid) == pytest.approx(expected)
    assert rank_correlation(first, np.exp(first), valid) == pytest.approx(1)
    assert np.isnan(rank_correlation(first, np.ones((9, 8)), valid))


def test_similarity_of_one_window_by_its_definition():
    x, y = np.random.default_rng(0).random((2, WINDOW, WINDOW))
    middle = WINDOW // 2
    x[middle, middle] = y[middle, middle] = 1.0  # the largest, by which each is divided
    valid = np.ones((WINDOW, WINDOW), bool)
    covariance = np.cov(x.ravel(), y.ravel(), bias=True)
    c1, c2 = 0.01**2, 0.03**2
    expected = (2 * x.mean() * y.mean() + c1) * (2 * covariance[0, 1] + c2)
    expected /= (x.mean() ** 2 + y.mean() ** 2 + c1) * (covariance.trace() + c2)
    assert ssim(x, y)[middle, middle] == pytest.approx(expected)
    assert similarity(x, y, valid) == pytest.approx(ssim(x, y).mean())


def test_similarity_compares_the_form_on_image_content():
    x, y = np.random.default_rng(1).random((2, 12, 10))
    valid = np.ones((12, 10), bool)
    valid[:, 7:] = False
    assert similarity(x, 3 * x, valid) == pytest.approx(1)
    before = similarity(x, y, valid)
    assert before < 0.5
    y[~valid] = 99
    assert similarity(x, y, valid) == pytest.approx(before)
    assert np.isnan(similarity(x, 0 * y, valid))
