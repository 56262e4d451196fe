import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ivfgrade.comparison.trials import read_experiments, read_results
from ivfgrade.errors import InputError
from tests.comparison.made import IMAGES, VALIDATED, about, all_rows, row, truth, write_row
from tests.comparison.made import ROWS as ALL


def write_experiments(
    folder: Path, seed: int = 2, fold: int | None = None, rows: tuple[str, ...] = ALL
) -> None:
    for name in rows:
        write_row(folder / name, name, seed, fold)
    cosines = pd.DataFrame({"epoch": [1, 2], "conflict_stem": [-0.1, -0.3]})
    cosines.to_csv(folder / "C" / "history.csv", index=False)


@pytest.fixture
def experiments(tmp_path) -> Path:
    write_experiments(tmp_path / "experiments")
    return tmp_path / "experiments"


def edit(folder: Path, name: str, change) -> None:
    path = folder / name / "per_image.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(table).to_csv(path, index=False)


def test_one_trial_of_the_pipeline(experiments):
    (trial,) = read_experiments(experiments, ALL)
    assert (trial.training_seed, trial.fold, trial.profile) == (2, None, "paper")
    expected = all_rows(truth(), 2)
    assert set(trial.rows) == set(expected)
    pd.testing.assert_series_equal(trial.rows["C"]["dice"], expected["C"]["dice"], rtol=1e-5)
    assert trial.rows["B1"]["dice"].isna().all()
    assert trial.rows["C"]["grade"].iloc[3] == ""  # a weak image has no true grade
    assert trial.settings["F"]["epochs"] == 60
    assert trial.histories["C"]["conflict_stem"].mean() == pytest.approx(-0.2)


def test_rows_are_those_that_are_named_in_their_order(experiments):
    """A folder that an older table left behind is no row of this one."""
    edit(experiments, "B1", lambda table: table[1:])
    (trial,) = read_experiments(experiments, ("F", "A", "C"))
    assert list(trial.rows) == list(trial.settings) == ["F", "A", "C"]
    with pytest.raises(InputError, match="row G has no .*per_image.csv"):
        read_experiments(experiments, ("F", "G"))


def test_a_row_that_does_not_say_what_it_is_is_refused(experiments):
    facts = {name: value for name, value in about().items() if name != "verdicts"}
    (experiments / "C" / "row.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"C/row.json lacks verdicts"):
        read_experiments(experiments, ALL)


def test_the_order_of_lines_does_not_matter(experiments):
    (before,) = read_experiments(experiments, ALL)
    edit(experiments, "C", lambda table: table[::-1])
    (after,) = read_experiments(experiments, ALL)
    pd.testing.assert_frame_equal(before.rows["C"], after.rows["C"])


def set_cell(column, value):
    def change(table):
        table.loc[5, column] = value
        return table

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda table: table[1:],
            r"row C \(.*per_image.csv\) and row Baseline hold different images",
        ),
        (lambda table: pd.concat([table, table[4:5]]), "holds image e004.png twice"),
        (set_cell("ratio", "0.9"), "row C .* and row Baseline differ in the ratio of e005.png"),
        (set_cell("patient", "p99"), "differ in the patient of e005.png"),
        (set_cell("dice", ""), "row C .* has no dice for e005.png"),
        (set_cell("error_direct", ""), "row C .* has no error_direct for e005.png"),
        (set_cell("predicted_grade", ""), r"row C \(.*\): predicted_grade is empty for e005.png"),
        (set_cell("reported", ""), "C/per_image.csv.: reported is empty for e005.png"),
        (set_cell("boundary_f1", ""), "row C .* has no boundary_f1 for e005.png"),
        (set_cell("dice", "inf"), "dice is infinite for e005.png"),
        (set_cell("dice", "1.2"), "dice is not between 0 and 1 for e005.png"),
        (set_cell("error_hard", "-0.1"), "error_hard is negative for e005.png"),
        (
            set_cell("error_hard", "0.9"),
            "error_hard is not the distance of hard from ratio for e005",
        ),
        (set_cell("direct", ""), "error_direct is not the distance of direct from ratio for e005"),
        (set_cell("dice", "high"), "cannot be read as a table"),
        (lambda table: table.drop(columns="error_soft"), "lacks the column error_soft"),
        (lambda table: table[:0], "holds no image"),
    ],
)
def test_a_row_that_cannot_be_compared_is_named(experiments, change, message):
    edit(experiments, "C", change)
    with pytest.raises(InputError, match=message):
        read_experiments(experiments, ALL)


def test_an_error_that_no_row_gives_is_missing(experiments):
    for name in ALL:
        edit(experiments, name, set_cell("error_direct", ""))
    with pytest.raises(InputError, match="row B1 .* has no error_direct for e005.png"):
        read_experiments(experiments, ALL)


def test_validation_is_read_beside_the_test_images(experiments):
    (trial,) = read_experiments(experiments, ALL)
    expected = all_rows(truth(IMAGES, VALIDATED), 2)["C"]["dice"]
    pd.testing.assert_series_equal(trial.validation["C"]["dice"], expected, rtol=1e-5)
    (experiments / "C" / "validation.csv").unlink()
    with pytest.raises(InputError, match="row C has no .*C/validation.csv; run it"):
        read_experiments(experiments, ALL)


@pytest.mark.parametrize(
    "name", ["training_seed", "fold", "profile", "recipe", "verdicts", "data_digest"]
)
def test_rows_of_another_trial_are_refused(experiments, name):
    path = experiments / "D" / "row.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: 7}))
    with pytest.raises(InputError, match=f"row D .* has {name} 7, but row Baseline has"):
        read_experiments(experiments, ALL)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="row A has no .*A/per_image.csv; run it"):
        read_experiments(tmp_path, ["A"])
    with pytest.raises(InputError, match="holds no <trial>/trial.json"):
        read_results(tmp_path)


def test_where_it_looked_joins_by_image(experiments, tmp_path, keep):
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


@pytest.fixture
def kept(tmp_path, keep):
    def kept(seed, fold, name) -> Path:
        source = tmp_path / f"source-{name}"
        write_experiments(source, seed, fold, ("A", "C"))
        keep(source, tmp_path / "results" / name, ("C", "A"), seed, fold)
        return tmp_path / "results" / name

    return kept


def test_kept_trials_read_as_they_were(tmp_path, kept):
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


def test_the_same_trial_twice_is_refused(tmp_path, kept):
    kept(2, 0, "one")
    kept(2, 0, "other")
    with pytest.raises(InputError, match="two trials are of training seed 2, fold 0"):
        read_results(tmp_path / "results")


def test_an_image_in_two_folds_is_refused(tmp_path, kept):
    kept(2, 0, "one")
    home = kept(2, 1, "other")
    for path in home.glob("*.csv"):
        text = path.read_text().replace(f"e{IMAGES:03}.png", "e000.png")
        path.write_text(text)
    with pytest.raises(InputError, match="image e000.png is tested in .*fold 0 and in .*fold 1"):
        read_results(tmp_path / "results")


def test_trials_of_other_data_are_refused(tmp_path, kept):
    kept(2, None, "one")
    home = kept(3, None, "other")
    about = json.loads((home / "trial.json").read_text())
    (home / "trial.json").write_text(json.dumps({**about, "data_digest": "d2"}))
    with pytest.raises(InputError, match="were run on different data"):
        read_results(tmp_path / "results")
    (home / "trial.json").write_text(json.dumps(about))
    for path in home.glob("*.csv"):
        table = pd.read_csv(path, keep_default_na=False)
        table.loc[0, "clinical_grade"] = "D"
        table.to_csv(path, index=False)
    with pytest.raises(InputError, match="differ in the clinical_grade of image e000.png"):
        read_results(tmp_path / "results")


def test_a_trial_needs_its_seed(tmp_path, kept):
    home = kept(2, None, "one")
    (home / "trial.json").write_text(json.dumps({"fold": None, "profile": "paper"}))
    with pytest.raises(InputError, match=r"trial.json lacks training_seed, .* order, rows"):
        read_results(tmp_path / "results")


def change_values(home: Path, before: str, after: str) -> None:
    text = (home / "params.yaml").read_text()
    assert before in text
    (home / "params.yaml").write_text(text.replace(before, after))


def test_trials_of_other_values_are_refused(tmp_path, kept):
    kept(2, None, "one")
    home = kept(3, None, "other")
    change_values(home, "training_seed: 2 ", "training_seed: 3 ")  # these may differ
    change_values(home, "device: auto", "device: cuda")
    change_values(home, "  fold: null", "  fold: 1")
    change_values(home, "    E:  ", "    E_:  ")  # a trial of fewer rows
    (trial, _) = read_results(tmp_path / "results")
    assert trial.training_stride == 16
    change_values(home, "learnt_epochs: 4 ", "learnt_epochs: 5 ")
    message = "made with different values, profiles.quick.learnt_epochs is 5 and 4: keep them"
    with pytest.raises(InputError, match=message):
        read_results(tmp_path / "results")


def test_without_kept_values_the_rows_say_how_they_were_made(tmp_path, kept):
    kept(2, None, "one")
    home = kept(3, None, "other")
    (home / "params.yaml").unlink()
    assert len(read_results(tmp_path / "results")) == 2
    about = json.loads((home / "trial.json").read_text())
    about["rows"]["C"]["phase"]["losses"]["range"] = 0.5
    (home / "trial.json").write_text(json.dumps(about))
    with pytest.raises(InputError, match=r"C.phase.losses.range is 0.5 and 1.0: keep them"):
        read_results(tmp_path / "results")


def test_what_cannot_be_compared_is_not_kept(tmp_path, experiments, keep):
    home = tmp_path / "results" / "one"
    edit(experiments, "C", lambda table: table[1:])
    with pytest.raises(InputError):
        keep(experiments, home, ALL)
    assert not home.parent.exists()


def test_a_row_alone_is_a_trial(tmp_path):
    home = tmp_path / "A"
    home.mkdir()
    row(truth(), 1).to_csv(home / "per_image.csv", index=False)
    row(truth(first=VALIDATED), 1).to_csv(home / "validation.csv", index=False)
    (home / "row.json").write_text(json.dumps(about(4)))
    (trial,) = read_experiments(tmp_path, ["A"])
    assert (trial.training_seed, trial.fold, list(trial.rows)) == (4, None, ["A"])


def test_kept_validation_scores_are_required(tmp_path, kept):
    home = kept(2, None, "one")
    (trial,) = read_results(tmp_path / "results")
    assert set(trial.validation) == {"A", "C"}
    (home / "validation" / "C.csv").unlink()
    with pytest.raises(InputError, match="row C has no .*/validation/C.csv; keep it anew"):
        read_results(tmp_path / "results")


def test_a_folder_of_a_killed_run_is_no_trial(tmp_path, kept):
    home = kept(2, None, "one")
    shutil.copytree(home, home.with_name(".one.partial"))
    assert len(read_results(tmp_path / "results")) == 1


def test_a_single_split_and_folds_are_not_pooled(tmp_path, kept):
    kept(2, None, "one")
    kept(3, 1, "other")
    with pytest.raises(InputError, match="single split and training seed 3, fold 1 do not mix"):
        read_results(tmp_path / "results")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("training_seed", "two", 'training_seed must be a whole number from 0, not "two"'),
        ("training_seed", True, "training_seed must be a whole number from 0, not true"),
        ("fold", 1.5, "fold must be a whole number from 0, or null, not 1.5"),
        ("verdicts", "yes", "verdicts must be true or false"),
        ("order", ["A", "A"], "order must be a list of names, each once"),
        ("order", ["A", "C", "G"], "lacks rows.G"),
        ("rows", [], "rows must be an object"),
        ("rows", {"A": 3, "C": {}}, "rows.A must be an object, not 3"),
        ("rows", {"A": {"epochs": "many"}, "C": {}}, "rows.A.epochs must be a whole number from 1"),
        ("rows", {"A": {"phase": {"keep": None}}, "C": {}}, "lacks rows.A.phase.hold"),
        ("rows", {"A": {"model": {}}, "C": {}}, "lacks rows.A.epochs"),
    ],
)
def test_a_kept_trial_with_absurd_values_is_one_sentence(tmp_path, kept, key, value, message):
    home = kept(2, None, "one")
    about = json.loads((home / "trial.json").read_text())
    (home / "trial.json").write_text(json.dumps({**about, key: value}))
    with pytest.raises(InputError, match=f"one/trial.json.*{message}"):
        read_results(tmp_path / "results")


def test_a_broken_file_of_kept_results_is_not_made_by_the_pipeline(tmp_path, kept):
    home = kept(2, None, "one")
    for text, message in (("{", "trial.json cannot be read"), ("[]", "its content must be an obj")):
        (home / "trial.json").write_text(text)
        with pytest.raises(InputError, match=message) as refusal:
            read_results(tmp_path / "results")
        assert "dvc repro" not in str(refusal.value)


def test_broken_measures_of_a_kept_trial_are_named(tmp_path, kept):
    home = kept(2, None, "one")
    (home / "focus").mkdir()
    part = {"verdict": 3, "rank_correlation": {"value": 0.1, "low": 0.0, "high": 0.2}}
    (home / "focus" / "C.json").write_text(json.dumps({"gradcam_pp": {"control": {"head": part}}}))
    with pytest.raises(InputError, match=r"C.json: gradcam_pp.control.head.verdict must be a text"):
        read_results(tmp_path / "results")
    (home / "focus" / "C.json").unlink()
    (home / "texture.json").write_text(json.dumps({"measured": {"lbp_auc_d": {"value": 0.5}}}))
    with pytest.raises(InputError, match=r"texture.json lacks measured.lbp_auc_d.low"):
        read_results(tmp_path / "results")


def test_texture_is_compared_on_the_same_images(tmp_path, experiments):
    known = truth()[["image", "patient", "ratio"]]
    home = tmp_path / "texture"
    home.mkdir()
    known.assign(lbp_mlp=0.3)[2:].to_csv(home / "per_image.csv", index=False)
    (home / "metrics.json").write_text('{"measured": {}}')
    (trial,) = read_experiments(experiments, ALL, texture=home)
    found = trial.rows["C"]["error_lbp_mlp"]
    assert found[:2].isna().all()
    np.testing.assert_allclose(found[2:], (known["ratio"] - 0.3).abs()[2:], atol=1e-9)
