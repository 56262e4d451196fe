"""A site's own pictures: the interval fits them, the networks stay, and the old bundle too."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ivfgrade.bundle import checks, manifest, seal
from ivfgrade.bundle.answers import answer
from ivfgrade.bundle.recalibrate import loosened, recalibrate
from ivfgrade.bundle.refusal import MEASURES, refused
from ivfgrade.bundle.session import compute, open_graph
from ivfgrade.errors import InputError
from tests.bundle.made import bundle

OFF_BY = 0.2  # the network's ratio is the brightness; at this site the truth is up to this far off


def site(folder: Path, patients: int, each: int = 2) -> Path:
    """Grey pictures, each patient's with true ratios of her own distance from the brightness."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(patients * each):
        level = int(rng.integers(30, 200))
        Image.new("L", (40, 40), level).save(folder / "images" / f"{number}.png")
        off = OFF_BY * (number // each) / patients
        rows.append(
            {"image": f"{number}.png", "patient": number // each, "ratio": level / 255 + off}
        )
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["image", "patient", "ratio"])
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory) -> Path:
    return bundle(tmp_path_factory.mktemp("bundle"))[0]


@pytest.fixture(scope="module")
def anew(handed_over, tmp_path_factory):
    place = tmp_path_factory.mktemp("site")
    pictures = site(place / "clinic", 40)
    return pictures, place / "new", *recalibrate(handed_over, pictures, place / "new", 0.02)


def test_the_new_interval_covers_the_site(anew):
    pictures, folder, about, digest = anew
    assert seal.check(folder, digest)
    with (pictures / "labels.csv").open() as file:
        truth = {row["image"]: float(row["ratio"]) for row in csv.DictReader(file)}
    paths = sorted((pictures / "images").iterdir())
    computed = compute(open_graph(folder / about.taken, "cpu"), paths, [*about.outputs])
    found = {done.path.name: answer(done.found, about) for done in computed}
    within = [
        found[name].ratio_low <= ratio <= found[name].ratio_high for name, ratio in truth.items()
    ]
    assert 0.9 <= np.mean(within) <= 1
    widths = [one.ratio_high - one.ratio_low for one in found.values()]
    assert max(widths) <= 2.5 * OFF_BY  # and it is no wider than it must be


def test_it_verifies_and_says_what_it_holds_for(anew):
    _, folder, about, _ = anew
    names = seal.check(folder)
    assert list(checks.checked(folder, manifest.read(folder), names, "cpu", 1))
    assert "80 labelled pictures of 40 patients of the folder clinic" in about.domain
    assert about.made_from["recalibrated_on"] == "clinic"


def test_the_bundle_it_began_from_is_untouched(anew, handed_over):
    _, _, about, _ = anew
    assert seal.digest_of(handed_over) == about.made_from["recalibrated_from"]
    before, after = manifest.read(handed_over), about
    assert before.interval["quantile"] != after.interval["quantile"]
    assert before.scheme == after.scheme
    assert [one.code for one in before.refusals] == [one.code for one in after.refusals]


def test_limits_are_loosened_and_never_tightened():
    good = pd.DataFrame(np.random.default_rng(1).standard_normal((2000, 5)), columns=list(MEASURES))
    strict, lax = np.zeros(5), 100 * np.array([1, 1, 1, -1, -1])
    assert refused(good.to_numpy(), strict).any(1).mean() > 0.9
    assert refused(good.to_numpy(), loosened(strict, good, 0.05)).any(1).mean() < 0.06
    assert np.array_equal(loosened(lax, good, 0.05), lax)


@pytest.mark.parametrize(
    ("patients", "says"), [(5, "only 10 images"), (8, "8 patients are too few")]
)
def test_too_little_is_refused_and_leaves_nothing(handed_over, tmp_path, patients, says):
    pictures = site(tmp_path / "clinic", patients, each=2 if patients == 5 else 4)
    with pytest.raises(InputError, match=says):
        recalibrate(handed_over, pictures, tmp_path / "new", 0.02)
    assert not (tmp_path / "new").exists()


def test_a_site_with_defects_alone_is_told(handed_over, tmp_path):
    labels = site(tmp_path / "clinic", 12) / "labels.csv"
    head, *rows = labels.read_text().splitlines()
    labels.write_text("\n".join([f"{head},defect", *(f"{row},defocus" for row in rows)]))
    with pytest.raises(InputError, match="all its pictures have a defect"):
        recalibrate(handed_over, tmp_path / "clinic", tmp_path / "new", 0.02)


def test_a_bundle_is_not_recalibrated_onto_itself(handed_over, tmp_path):
    pictures = site(tmp_path / "clinic", 12)
    for out, why in (
        (handed_over, "lies in the bundle"),
        (handed_over / "new", "lies in the bundle"),
        (handed_over.parent, "holds the bundle"),
    ):
        with pytest.raises(InputError, match=why):
            recalibrate(handed_over, pictures, out, 0.02)
    assert seal.check(handed_over)


def test_nothing_but_a_bundle_is_replaced(handed_over, tmp_path):
    pictures = site(tmp_path / "clinic", 12)
    other = shutil.copytree(handed_over, tmp_path / "other")
    (other / "mine").touch()
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "SHA256SUMS").write_text("of something else")
    (tmp_path / "link").symlink_to(shutil.copytree(handed_over, tmp_path / "linked"))
    for name in ("other", "sums", "link", "clinic"):
        with pytest.raises(InputError, match="is there and is no bundle"):
            recalibrate(handed_over, pictures, tmp_path / name, 0.02)
    assert (other / "mine").exists()


def test_a_row_that_would_be_left_out_is_told(handed_over, tmp_path):
    pictures = site(tmp_path / "clinic", 12)
    (pictures / "images" / "3.png").unlink()
    with pytest.raises(InputError, match=r"clinic: 3\.png: is not in images/"):
        recalibrate(handed_over, pictures, tmp_path / "new", 0.02)


def test_a_site_of_defects_alone_is_told(handed_over, tmp_path):
    pictures = site(tmp_path / "clinic", 12)
    header, *rows = (pictures / "labels.csv").read_text().splitlines()
    lines = [f"{header},defect", *(f"{row},empty" for row in rows)]
    (pictures / "labels.csv").write_text("\n".join(lines))
    with pytest.raises(InputError, match="all its pictures have a defect"):
        recalibrate(handed_over, pictures, tmp_path / "new", 0.02)
