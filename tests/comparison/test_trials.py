"""A trial reads as it was written: by the pipeline, or by who kept it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ivfgrade.comparison.read_trials import read_experiments, read_results
from ivfgrade.errors import InputError
from tests.comparison.conftest import Keep, Kept
from tests.comparison.made import IMAGES, VALIDATED, about, all_rows, edit, row, truth
from tests.comparison.made import ROWS as ALL


def test_one_trial_of_the_pipeline(experiments: Path) -> None:
    (trial,) = read_experiments(experiments, ALL)
    assert (trial.training_seed, trial.fold, trial.profile) == (2, None, "paper")
    expected = all_rows(truth(), 2)
    assert set(trial.rows) == set(expected)
    pd.testing.assert_series_equal(trial.rows["C"]["dice"], expected["C"]["dice"], rtol=1e-5)
    assert trial.rows["B1"]["dice"].isna().all()
    assert trial.rows["C"]["grade"].iloc[3] == ""  # a weak image has no true grade
    assert trial.settings["F"]["epochs"] == 60
    assert trial.histories["C"]["conflict_stem"].mean() == pytest.approx(-0.2)


def test_rows_are_those_that_are_named_in_their_order(experiments: Path) -> None:
    """A folder that an older table left behind is no row of this one."""
    edit(experiments, "B1", lambda table: table[1:])
    (trial,) = read_experiments(experiments, ("F", "A", "C"))
    assert list(trial.rows) == list(trial.settings) == ["F", "A", "C"]
    with pytest.raises(InputError, match="row G has no .*per_image.csv"):
        read_experiments(experiments, ("F", "G"))


def test_validation_is_read_beside_the_test_images(experiments: Path) -> None:
    (trial,) = read_experiments(experiments, ALL)
    expected = all_rows(truth(IMAGES, VALIDATED), 2)["C"]["dice"]
    pd.testing.assert_series_equal(trial.validation["C"]["dice"], expected, rtol=1e-5)
    (experiments / "C" / "validation.csv").unlink()
    with pytest.raises(InputError, match="row C has no .*C/validation.csv; run it"):
        read_experiments(experiments, ALL)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row A has no .*A/per_image.csv; run it"):
        read_experiments(tmp_path, ["A"])
    with pytest.raises(InputError, match="holds no <trial>/trial.json"):
        read_results(tmp_path)


def test_where_it_looked_joins_by_image(experiments: Path, tmp_path: Path, keep: Keep) -> None:
    looks = tmp_path / "focus" / "C"
    looks.mkdir(parents=True)
    table = pd.DataFrame(
        {
            "map": ["gradcam_pp", "gradcam_pp", "contribution"],
            "image": ["e005.png", "e001.png", "e001.png"],
            "energy_fragment": [0.3, 0.2, 0.9],
        }
    )
    table.to_csv(looks / "per_image.csv", index=False)
    (trial,) = read_experiments(experiments, ALL, focus=tmp_path / "focus")
    heat = trial.rows["C"].set_index("image")["heat_on_fragments"]
    assert (heat["e001.png"], heat["e005.png"]) == (0.2, 0.3)
    assert np.isnan(heat["e002.png"])
    assert "heat_on_fragments" not in trial.rows["D"]
    assert trial.heat_controls == {}
    (looks / "metrics.json").write_text('{"gradcam_pp": {"control": {}}}')
    (controlled,) = read_experiments(experiments, ALL, focus=tmp_path / "focus")
    assert controlled.heat_controls == {"C": {"gradcam_pp": {"control": {}}}}
    keep(experiments, tmp_path / "results" / "one", ALL, focus=tmp_path / "focus")
    (again,) = read_results(tmp_path / "results")
    assert again.heat_controls == controlled.heat_controls
    assert again.rows["C"]["heat_on_fragments"].equals(heat.reset_index(drop=True))
    table.assign(image="other").to_csv(looks / "per_image.csv", index=False)
    with pytest.raises(InputError, match="must hold images of its row"):
        read_experiments(experiments, ALL, focus=tmp_path / "focus")


def test_kept_trials_read_as_they_were(tmp_path: Path, kept: Kept) -> None:
    for seed in (3, 2):
        for fold in (0, 1):
            kept(seed, fold, f"seed{seed}-fold{fold}")
    trials = read_results(tmp_path / "results")
    assert [(t.training_seed, t.fold) for t in trials] == [(2, 0), (2, 1), (3, 0), (3, 1)]
    (source,) = read_experiments(tmp_path / "source-seed2-fold1", ("C", "A"))
    assert list(trials[1].rows) == ["C", "A"]
    assert trials[1].settings == source.settings
    for name, table in source.rows.items():
        pd.testing.assert_frame_equal(trials[1].rows[name], table)
    pd.testing.assert_frame_equal(trials[1].histories["C"], source.histories["C"])


def test_a_row_alone_is_a_trial(tmp_path: Path) -> None:
    home = tmp_path / "A"
    home.mkdir()
    row(truth(), 1).to_csv(home / "per_image.csv", index=False)
    row(truth(first=VALIDATED), 1).to_csv(home / "validation.csv", index=False)
    (home / "row.json").write_text(json.dumps(about(4)))
    (trial,) = read_experiments(tmp_path, ["A"])
    assert (trial.training_seed, trial.fold, list(trial.rows)) == (4, None, ["A"])


def test_kept_validation_scores_are_required(tmp_path: Path, kept: Kept) -> None:
    home = kept(2, None, "one")
    (trial,) = read_results(tmp_path / "results")
    assert set(trial.validation) == {"A", "C"}
    (home / "validation" / "C.csv").unlink()
    with pytest.raises(InputError, match="row C has no .*/validation/C.csv; keep it anew"):
        read_results(tmp_path / "results")


def test_a_folder_of_a_killed_run_is_no_trial(tmp_path: Path, kept: Kept) -> None:
    home = kept(2, None, "one")
    shutil.copytree(home, home.with_name(".one.partial"))
    assert len(read_results(tmp_path / "results")) == 1


def test_texture_is_compared_on_the_same_images(tmp_path: Path, experiments: Path) -> None:
    known = truth()[["image", "patient", "ratio"]]
    home = tmp_path / "texture"
    home.mkdir()
    known.assign(lbp_mlp=0.3, glcm_mlp=0.4)[2:].to_csv(home / "per_image.csv", index=False)
    (home / "metrics.json").write_text('{"measured": {}}')
    (trial,) = read_experiments(experiments, ALL, texture=home)
    gap = (trial.rows["C"]["error_glcm_mlp"] - trial.rows["C"]["error_lbp_mlp"]).dropna()
    assert (gap.abs() <= 0.1 + 1e-9).all()
    assert gap.abs().max() > 0.05
    found = trial.rows["C"]["error_lbp_mlp"]
    assert found[:2].isna().all()
    np.testing.assert_allclose(found[2:], (known["ratio"] - 0.3).abs()[2:], atol=1e-9)
