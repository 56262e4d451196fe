from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ivfgrade.atomic import replaced
from ivfgrade.dataset.arrays import EMBRYO, FRAGMENT, Arrays, load_arrays
from ivfgrade.dataset.build import BuildParams, build_arrays
from ivfgrade.dataset.contract import read_contract
from ivfgrade.dataset.images import BadImage
from ivfgrade.dataset.letterbox import pad_image, pad_mask, place, unpad_mask
from ivfgrade.errors import InputError
from tests.dataset.conftest import SCHEME, SPLIT, Folder, picture

SIZE = 64
PARAMS = BuildParams(SIZE, SPLIT, seed=0)


def built(folder: Folder, out: Path, workers: int = 1) -> Arrays:
    with replaced(out) as partial:
        build_arrays(read_contract(folder.root, SCHEME), SCHEME, [], PARAMS, partial, workers)
    return load_arrays(out)


def test_arrays_hold_what_the_folder_held(folder: Folder, tmp_path: Path) -> None:
    arrays = built(folder, tmp_path / "out")
    assert arrays.images.shape == (18, SIZE, SIZE, 3)
    assert isinstance(arrays.images, np.memmap)
    assert list(arrays.manifest["image"]) == sorted(row["image"] for row in folder.rows)
    for index, row in enumerate(folder.rows[:16]):
        grey, fragment, embryo = picture(index)
        placement = place(*grey.shape, SIZE)
        assert row["image"] == arrays.manifest["image"][index]
        assert arrays.placement(index) == placement
        expected = pad_image(np.repeat(grey[..., None], 3, -1), placement)
        np.testing.assert_array_equal(arrays.images[index], expected)
        np.testing.assert_array_equal(
            arrays.masks[index, ..., FRAGMENT], pad_mask(fragment, placement)
        )
        back = unpad_mask(arrays.masks[index, ..., EMBRYO], placement)
        np.testing.assert_array_equal(back.astype(bool), embryo)
        assert not arrays.images[index][~arrays.valid(index)].any()
        ratio = (fragment & embryo).sum() / embryo.sum()
        assert arrays.manifest["ratio"][index] == pytest.approx(ratio, rel=1e-6)


def test_the_manifest_says_where_everything_comes_from(folder: Folder, tmp_path: Path) -> None:
    folder.add("q0.png", "P0", kinds=("embryo",), ratio="0.125", camera="x", width="9")
    folder.add("q1.png", "P0", kinds=())
    manifest = built(folder, tmp_path / "out").manifest.set_index("image")
    assert manifest.loc["p0_0.png", ["supervision", "ratio_source", "embryo_source"]].tolist() == [
        "paired",
        "outline",
        "given",
    ]
    assert manifest.loc["q0.png", ["supervision", "ratio_source", "ratio"]].tolist() == [
        "ratio",
        "column",
        0.125,
    ]
    assert manifest.loc["q0.png", ["camera", "label_width", "width"]].tolist() == ["x", "9", 56]
    assert manifest.loc["q1.png", ["supervision", "split", "ratio_source"]].tolist() == [
        "unlabelled",
        "none",
        "",
    ]
    assert np.isnan(manifest.loc["q1.png", "ratio"])
    assert manifest["sha256"].str.len().eq(64).all()


def test_indices_pick_split_and_supervision(folder: Folder, tmp_path: Path) -> None:
    arrays = built(folder, tmp_path / "out")
    manifest = arrays.manifest
    everywhere = [arrays.indices(split) for split in ("train", "val", "calibration", "test")]
    assert sorted(np.concatenate(everywhere)) == list(range(18))
    weak = arrays.indices("train", ["weak"])
    assert set(manifest["supervision"][weak]) <= {"weak"}
    assert set(manifest["split"][weak]) <= {"train"}
    assert len(manifest.groupby("patient")["split"].unique()) == 10
    assert manifest.groupby("patient")["split"].nunique().max() == 1


def test_bytes_do_not_depend_on_the_number_of_workers_or_the_order_of_rows(
    folder: Folder, tmp_path: Path
) -> None:
    built(folder, tmp_path / "one", workers=1)
    folder.rows.reverse()
    folder.write_labels()
    built(folder, tmp_path / "two", workers=2)
    for name in ("images.npy", "masks.npy", "manifest.csv", "summary.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_digest_follows_pixels_masks_and_labels_alone(folder: Folder, tmp_path: Path) -> None:
    def digest() -> str:
        built(folder, tmp_path / "out")
        return json.loads((tmp_path / "out" / "summary.json").read_text())["data_digest"]

    first = digest()
    path = folder.root / "images" / "p0_0.png"
    pixels = np.array(Image.open(path))
    Image.fromarray(pixels).save(path, compress_level=0)
    assert digest() == first
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(path)
    second = digest()
    folder.rows[0]["grade"] = "D"
    folder.write_labels()
    assert len({first, second, digest()}) == 3


def test_a_file_that_went_bad_is_named_and_earlier_arrays_stay(
    folder: Folder, tmp_path: Path
) -> None:
    built(folder, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    (folder.root / "images" / "p3_0.png").write_bytes(b"\x89PNG")
    for workers in (1, 2):
        with pytest.raises(BadImage, match=r"p3_0\.png: is not a PNG"):
            built(folder, tmp_path / "out", workers)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert {path.name for path in tmp_path.iterdir()} == {"raw", "out"}


def test_without_an_outline_an_empty_mask_still_has_a_ratio(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "raw")
    for index in range(4):
        folder.add(f"{index}.png", str(index), kinds=())
        flat = np.full((30, 30), 90, np.uint8)
        folder.save("images", f"{index}.png", flat)
        folder.save("masks", f"{index}.png", flat * 0 if index else flat)
    manifest = built(folder, tmp_path / "out").manifest
    assert manifest["embryo_source"].eq("none").all()
    assert np.isnan(manifest["ratio"][0])
    assert manifest["ratio"][1:].eq(0).all()


def test_missing_arrays_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"images\.npy is missing"):
        load_arrays(tmp_path)
