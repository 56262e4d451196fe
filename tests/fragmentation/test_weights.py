from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from torch import nn

from ivfgrade.errors import InputError
from ivfgrade.fragmentation.model import Backbone, Trunk
from ivfgrade.fragmentation.weights import Origin, initialise, load_trunk


class Stem(Trunk):
    """The names of a ResNet, a thousandth of its size."""

    title = "ResNet-50"
    imagenet_url = Backbone.imagenet_url
    left_over = ("fc.",)

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(2)


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    classifier = {"fc.weight": torch.rand(3, 2), "fc.bias": torch.rand(3)}
    return {
        key: torch.rand_like(v) if v.is_floating_point() else v
        for key, v in Stem().state_dict().items()
    } | classifier


def save(state: object, path: Path) -> str:
    torch.save(state, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_loads_everything_but_the_classifier_and_says_what(
    state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    digest, model = save(state, tmp_path / "some.pth"), Stem()
    assert load_trunk(model, tmp_path / "some.pth", digest) == Origin("some.pth", digest)
    for key, value in model.state_dict().items():
        assert torch.equal(value, state[key])


def test_old_files_lack_only_the_step_counters(
    state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    del state["bn1.num_batches_tracked"]
    save(state, tmp_path / "old.pth")
    model = Stem()
    initialise(model, str(tmp_path / "old.pth"))
    assert torch.equal(model.bn1.running_var, state["bn1.running_var"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bn1.bias": None}, "bn1.bias is missing"),
        ({"layer9.weight": torch.rand(1)}, "layer9.weight is unknown"),
        ({"conv1.weight": torch.rand(2, 3, 1, 1)}, r"conv1.weight is \(2, 3, 1, 1\) instead of"),
    ],
)
def test_a_file_that_does_not_fit_is_named_with_the_tensor(
    state: dict[str, torch.Tensor],
    change: dict[str, torch.Tensor | None],
    message: str,
    tmp_path: Path,
) -> None:
    changed = {key: value for key, value in (state | change).items() if value is not None}
    save(changed, tmp_path / "odd.pth")
    model = Stem()
    before = model.conv1.weight.clone()
    with pytest.raises(InputError, match=f"odd.pth .*{message}"):
        load_trunk(model, tmp_path / "odd.pth")
    assert torch.equal(model.conv1.weight, before)


def test_wrong_checksum_stops(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    save(state, tmp_path / "some.pth")
    with pytest.raises(InputError, match="SHA-256 .* instead of 0123"):
        load_trunk(Stem(), tmp_path / "some.pth", "0123")


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 nor this"])
def test_a_file_that_is_no_checkpoint_stops(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "text.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a PyTorch state dict"):
        load_trunk(Stem(), path)


def test_a_pickled_object_is_not_executed(tmp_path: Path) -> None:
    torch.save(Stem(), tmp_path / "module.pth")
    with pytest.raises(InputError, match="not a PyTorch state dict"):
        load_trunk(Stem(), tmp_path / "module.pth")


def test_missing_file_stops(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere.pth cannot be read"):
        initialise(Stem(), str(tmp_path / "nowhere.pth"))


def test_none_leaves_the_backbone_as_it_is() -> None:
    model = Stem()
    before = model.conv1.weight.clone()
    assert initialise(model, "none") == Origin("none", None)
    assert torch.equal(model.conv1.weight, before)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and the ImageNet file's address pointing into a folder beside it."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "cache"))
    return tmp_path / "server"


def publish(
    state: dict[str, torch.Tensor], hub: Path, monkeypatch: pytest.MonkeyPatch, checksum: str = ""
) -> str:
    hub.mkdir()
    digest = save(state, hub / "file.pth")
    name = f"resnet50-{checksum or digest[:8]}.pth"
    (hub / "file.pth").rename(hub / name)
    monkeypatch.setattr(Stem, "imagenet_url", (hub / name).as_uri())
    return digest


def test_imagenet_is_downloaded_once_and_recorded(
    state: dict[str, torch.Tensor], hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = publish(state, hub, monkeypatch)
    model = Stem()
    assert initialise(model, "imagenet") == Origin(f"resnet50-{digest[:8]}.pth", digest)
    assert torch.equal(model.conv1.weight, state["conv1.weight"])
    (hub / f"resnet50-{digest[:8]}.pth").unlink()
    assert initialise(Stem(), "imagenet").sha256 == digest  # now from the cache


def test_imagenet_out_of_reach_says_where_to_put_the_file(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stem, "imagenet_url", (hub / "resnet50-11ad3fa6.pth").as_uri())
    wanted = hub.parent / "cache" / "checkpoints" / "resnet50-11ad3fa6.pth"
    with pytest.raises(InputError) as caught:
        initialise(Stem(), "imagenet")
    message = str(caught.value)
    assert f"place resnet50-11ad3fa6.pth at {wanted}" in message
    assert "or to none" in message
    assert "\n" not in message


def test_imagenet_download_with_a_wrong_checksum_leaves_nothing(
    state: dict[str, torch.Tensor], hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(state, hub, monkeypatch, checksum="00000000")
    with pytest.raises(InputError, match="could not be downloaded"):
        initialise(Stem(), "imagenet")
    assert list((hub.parent / "cache" / "checkpoints").iterdir()) == []


def test_damaged_imagenet_file_in_the_cache_is_noticed(
    state: dict[str, torch.Tensor], hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = publish(state, hub, monkeypatch)
    cached = hub.parent / "cache" / "checkpoints" / f"resnet50-{digest[:8]}.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"half a download")
    with pytest.raises(InputError, match="delete the file and fetch it again"):
        initialise(Stem(), "imagenet")


def test_names_of_the_real_backbone_are_torchvisions() -> None:
    from torchvision.models import resnet50

    with torch.device("meta"):
        theirs = {k: v.shape for k, v in resnet50().state_dict().items() if k[:3] != "fc."}
        ours = {k: v.shape for k, v in Backbone(8).state_dict().items()}
    assert ours == theirs
    assert Backbone.imagenet_url.endswith("resnet50-11ad3fa6.pth")
