"""Phase 2 on stored features gives what the whole network gives, and moves nothing frozen."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.cached import CachedHeads, FeatureCache, load_cached, turn
from ivfgrade.fragmentation.finetune import finetune
from ivfgrade.fragmentation.losses import TERMS
from ivfgrade.fragmentation.model import AttnRegDeepLab, build
from ivfgrade.fragmentation.sampling import Embryos, load_batch
from ivfgrade.fragmentation.scoring import predict
from ivfgrade.fragmentation.spec import ModelSpec, Regressor, Segmenter, model_spec
from ivfgrade.fragmentation.stored import load, store
from ivfgrade.fragmentation.trained import Trained
from ivfgrade.training.loop import Run
from ivfgrade.training.phase import Phase
from ivfgrade.training.precision import Compute
from tests.fragmentation.arrays import tiny_embryos

CPU = Compute(torch.device("cpu"), torch.float32)
SEGMENTER = Segmenter("attention", 2.0, (2, 4), 0.0)
WHOLE = model_spec(SEGMENTER, Regressor("multi_scale", 0.0, "concat", True))
PHASE = Phase(
    groups=(("(head|injection).*", 0.001), (".*", None)),
    losses={"precise": 1.0, "range": 1.0, "consistency": 0.1, "bce": 0.1},
    keep=("mae", "min"),
    hold=None,
    batch={"paired": 3, "unmasked": 2},
    warmup_epochs=0.0,
    beta2=0.999,
    weight_decay=0.0,
    clip_norm=1.0,
)


@pytest.fixture(scope="module")
def embryos() -> Embryos:
    return tiny_embryos()


@pytest.fixture(scope="module")
def phase_1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("phase_1")
    store(folder, build(model_spec(SEGMENTER)).state_dict(), model_spec(SEGMENTER))
    return folder


def network(spec: ModelSpec = WHOLE) -> AttnRegDeepLab:
    torch.manual_seed(1)
    model = build(spec).eval()
    with torch.no_grad():  # an injection that does something
        model.injection.weight.normal_(0, 0.01)  # type: ignore[union-attr]
    return model


@pytest.mark.parametrize("view", range(8))
def test_the_eight_views_differ_and_are_the_symmetries(view: int) -> None:
    maps = torch.arange(9.0).reshape(1, 3, 3)
    assert sorted(turn(maps, view).flatten().tolist()) == list(range(9))
    others = [turn(maps, other) for other in range(8) if other != view]
    assert not any(torch.equal(turn(maps, view), other) for other in others)


def test_a_full_disk_is_an_error_before_the_cache_is_filled(
    tmp_path: Path, embryos: Embryos
) -> None:
    """A mapped file without space would end the process by a signal, without a word."""
    paired = embryos.labels.paired.numpy()
    cache = FeatureCache(tmp_path, embryos.arrays.indices("train"), paired, views=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(InputError, match="pooled.bin needs .* GB for cached features"):
            cache.fill(network(), embryos.arrays, CPU)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "pooled.bin").exists()


def test_cached_and_naive_losses_agree(tmp_path: Path, embryos: Embryos) -> None:
    model = network()
    indices = embryos.arrays.indices("train")
    cache = FeatureCache(tmp_path, indices, embryos.labels.paired.numpy(), views=3)
    cache.fill(model, embryos.arrays, CPU)
    heads, chosen = CachedHeads(model).eval(), np.array([4, 1, 8, 10])
    for view in range(3):
        views = np.full(4, view)
        cached = load_cached(cache, embryos, chosen, views)
        naive = load_batch(embryos, chosen)
        maps = {n: turn(getattr(naive, n), view) for n in ("image", "valid", "fragment", "embryo")}
        naive = naive.replace(**maps, outlined=naive.paired)
        with torch.no_grad():
            from_cache, from_pixels = heads(*cached.inputs), model(*naive.inputs)
        torch.testing.assert_close(from_cache.ratio, from_pixels.ratio, atol=1e-5, rtol=0)
        for term in TERMS.values():
            expected = term(from_pixels, naive)
            torch.testing.assert_close(term(from_cache, cached), expected, atol=1e-5, rtol=1e-4)


def test_a_complete_cache_is_reused_and_not_recomputed(tmp_path: Path, embryos: Embryos) -> None:
    indices, paired = embryos.arrays.indices("train")[:2], embryos.labels.paired.numpy()
    first = FeatureCache(tmp_path, indices, paired, 1).fill(network(), embryos.arrays, CPU)
    kept = first.pooled.clone()
    torch.manual_seed(9)
    other = build(WHOLE).eval()
    second = FeatureCache(tmp_path, indices, paired, 1).fill(other, embryos.arrays, CPU)
    assert torch.equal(second.pooled, kept)


def test_a_cache_of_other_images_is_filled_anew(tmp_path: Path, embryos: Embryos) -> None:
    indices, paired = embryos.arrays.indices("train"), embryos.labels.paired.numpy()
    model = network()
    FeatureCache(tmp_path, indices[:2], paired, 1).fill(model, embryos.arrays, CPU)
    found = FeatureCache(tmp_path, indices[1:3], paired, 1).fill(model, embryos.arrays, CPU)
    fresh = FeatureCache(tmp_path / "fresh", indices[1:3], paired, 1)
    assert torch.equal(found.pooled, fresh.fill(model, embryos.arrays, CPU).pooled)


def test_phase_2_learns_head_and_injection_and_nothing_else(
    tmp_path: Path, embryos: Embryos, phase_1: Path
) -> None:
    before, _ = load(phase_1)
    run = Run(4, 0, CPU, tmp_path, "phase 2", lambda *_: None)
    trained = finetune(WHOLE, phase_1, embryos, PHASE, 2, run)
    model = trained.model
    after = model.state_dict()
    for name, tensor in before.state_dict().items():
        assert torch.equal(tensor, after[name]), name
    assert after["injection.weight"].any()
    assert after["head.output.weight"].any()
    assert trained.history[-1]["train_precise"] < trained.history[0]["train_precise"]


def test_a_head_that_is_already_trained_goes_on_from_there(
    tmp_path: Path, embryos: Embryos, phase_1: Path
) -> None:
    """Its outlines, too: what the injection adds to them is kept."""
    run = Run(1, 0, CPU, tmp_path, "phase 2", lambda *_: None)
    first = finetune(WHOLE, phase_1, embryos, PHASE, 1, run).model.state_dict()
    store(tmp_path / "trained", first, WHOLE, init={"name": "none"}, epochs=1)
    still = Run(0, 0, CPU, tmp_path / "again", "phase 2", lambda *_: None)
    again = finetune(WHOLE, tmp_path / "trained", embryos, PHASE, 1, still)
    after = again.model.state_dict()
    assert all(torch.equal(first[name], after[name]) for name in first)
    assert again.facts["phase_1"] == {"init": {"name": "none"}, "epochs": 1, "head_epochs": 1}


class Killed(RuntimeError):
    pass


def kill(*_: object) -> None:
    raise Killed


def test_a_run_killed_after_an_epoch_goes_on_as_if_it_never_was(
    tmp_path: Path, phase_1: Path
) -> None:
    """With dropout, weight decay, and views of its own for every epoch."""
    spec = model_spec(SEGMENTER, Regressor("multi_scale", 0.3, "concat", True))
    phase = replace(PHASE, batch={"paired": 2, "unmasked": 1}, weight_decay=0.01)
    embryos = tiny_embryos(paired=2, weak=1, ratio_only=1, val=1)

    def run(work: str, log: Callable[..., None] = lambda *_: None) -> Trained[AttnRegDeepLab]:
        (tmp_path / work).mkdir(exist_ok=True)
        run = Run(3, 0, CPU, tmp_path / work, "phase 2", log)
        return finetune(spec, phase_1, embryos, phase, 2, run)

    whole = run("whole")
    with pytest.raises(Killed):
        run("broken", kill)
    resumed = run("broken")
    assert len(whole.history) == 3
    assert (resumed.history, resumed.facts) == (whole.history, whole.facts)
    ours, theirs = resumed.model.state_dict(), whole.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_saved_and_loaded_it_predicts_the_same(
    tmp_path: Path, embryos: Embryos, phase_1: Path
) -> None:
    run = Run(1, 0, CPU, tmp_path, "phase 2", lambda *_: None)
    model = finetune(WHOLE, phase_1, embryos, PHASE, 1, run).model
    store(tmp_path / "model", model.state_dict(), WHOLE)
    again, spec = load(tmp_path / "model")
    images = embryos.arrays.indices("val")
    first, second = (predict(m, embryos.arrays, images, CPU) for m in (model, again))
    assert spec == WHOLE
    np.testing.assert_array_equal(first.direct, second.direct)
    np.testing.assert_array_equal(first.fragment_logit, second.fragment_logit)


def test_training_what_is_cached_is_refused(
    tmp_path: Path, embryos: Embryos, phase_1: Path
) -> None:
    thawed = Phase(**{**vars(PHASE), "groups": ((".*", 0.001),)})
    run = Run(1, 0, CPU, tmp_path, "phase 2", lambda *_: None)
    with pytest.raises(InputError, match="must freeze"):
        finetune(WHOLE, phase_1, embryos, thawed, 1, run)
