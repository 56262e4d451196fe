import json

import pytest

from ivfgrade.comparison.fits import require_fits_study
from ivfgrade.errors import InputError
from tests.comparison.made import PROJECT, about

TEXT = (PROJECT / "params.yaml").read_text()


@pytest.fixture
def results(tmp_path):
    """One kept trial, of seed 2 and fold 1, with this project's values."""
    home = tmp_path / "results" / "seed2-fold1"
    home.mkdir(parents=True)
    facts = {**about(2, 1), "profile": "quick", "recipe": "plus"}
    (home / "trial.json").write_text(json.dumps({**facts, "order": ["A"], "rows": {"A": {}}}))
    (home / "params.yaml").write_text(TEXT.replace("training_seed: 2 ", "training_seed: 9 "))
    return tmp_path / "results"


@pytest.mark.parametrize(("seed", "fold"), [(3, 1), (2, 0)])
def test_another_seed_or_fold_fits_until_a_value_differs(results, seed, fold):
    require_fits_study(results, TEXT, seed, fold)
    other = TEXT.replace("learnt_epochs: 1 ", "learnt_epochs: 5 ")
    with pytest.raises(InputError, match="learnt_epochs"):
        require_fits_study(results, other, seed, fold)


def test_the_first_trial_of_a_study_fits_and_nothing_is_written(results):
    nowhere = results.parent / "nowhere"
    require_fits_study(nowhere, TEXT, 2, None)
    assert not nowhere.exists()


@pytest.mark.parametrize(
    ("seed", "fold", "before", "after", "message"),
    [
        (2, 1, "", "", "with .*seed2-fold1: two trials are of training seed 2, fold 1"),
        (3, None, "", "", "with .*seed2-fold1: .* do not mix, a single split and folds"),
        (
            3,
            1,
            "profile: quick",
            "profile: paper",
            "are of different profiles, paper and quick",
        ),
        (3, 1, "recipe: plus", "recipe: faithful", "are of different recipes, faithful and plus"),
        (3, 1, "learnt_epochs: 1 ", "learnt_epochs: 5 ", "profiles.quick.learnt_epochs is 5 and 1"),
        (3, 1, "seed: 2 ", "seed: 2 :", "new trial is no params.yaml of a trial"),
        (3, 1, "profile: quick", "profile: fast", "new trial is no params.yaml of a trial"),
    ],
)
def test_a_trial_that_could_not_be_pooled_is_one_sentence(
    results, seed, fold, before, after, message
):
    with pytest.raises(InputError, match=message) as refusal:
        require_fits_study(results, TEXT.replace(before, after, 1), seed, fold)
    assert "\n" not in str(refusal.value)


def test_a_trial_that_is_resampled_otherwise_does_not_fit(results):
    resampled = {"samples": 2000, "confidence": 0.95, "seed": 2}
    study = results / "study.json"
    study.write_text(json.dumps({"data": "synthetic", "bootstrap": resampled}))
    require_fits_study(results, TEXT, 3, 1)
    study.write_text(json.dumps({"data": "mine", "bootstrap": resampled}))
    with pytest.raises(InputError, match="has data mine, the new trial would have synthetic"):
        require_fits_study(results, TEXT, 3, 1)
