import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ivfgrade.comparison.trials import read_experiments, read_results
from ivfgrade.errors import InputError
from tests.comparison.made import IMAGES, about, all_rows, learnt, row, truth
from tests.comparison.made import ROWS as ALL


def write_experiments(
    folder: Path, seed: int = 2, fold: int | None = None, rows: tuple[str, ...] = ALL
) -> None:
    made = all_rows(truth(IMAGES, (fold or 0) * IMAGES), seed)
    for name, table in ((name, made[name]) for name in rows):
        home = folder / name
        home.mkdir(parents=True)
        table.to_csv(home / "per_image.csv", index=False, float_format="%.6g")
        (home / "row.json").write_text(json.dumps(about(seed, fold, row=name, **learnt(name))))
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
        (set_cell("dice", "high"), "cannot be read as a table"),
        (lambda table: table.drop(columns="error_soft"), "lacks the column error_soft"),
        (lambda table: table[:0], "holds no image"),
    ],
)
def test_a_row_that_cannot_be_compared_is_named(experiments, change, message):
    edit(experiments, "C", change)
    with pytest.raises(InputError, match=message):
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
    (home / "row.json").write_text(json.dumps(about(4)))
    (trial,) = read_experiments(tmp_path, ["A"])
    assert (trial.training_seed, trial.fold, list(trial.rows)) == (4, None, ["A"])
