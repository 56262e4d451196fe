import numpy as np
import pandas as pd
import pytest

from ivfgrade.evaluation.baselines import add_baselines, fit_baselines
from tests.evaluation.drawn import SCHEME


def test_baselines_know_training_labels_only():
    baselines = fit_baselines(np.array([0.0, 0.04, 0.06, 0.2, 0.3]), SCHEME)
    assert baselines.constant == pytest.approx(0.06)
    assert baselines.usual_grade == "A"
    assert baselines.of_grade == pytest.approx({"A": 0.04, "B": 0.2, "C": 0.3, "D": 0.75})


def test_their_errors_on_the_test_images():
    baselines = fit_baselines(np.array([0.0, 0.04, 0.06, 0.2, 0.3]), SCHEME)
    images = pd.DataFrame({"ratio": [0.02, 0.10, 0.30, np.nan], "grade": ["A", "B", "C", ""]})
    scored = add_baselines(images, baselines)
    assert scored["error_constant"][:3].tolist() == pytest.approx([0.04, 0.04, 0.24])
    assert scored["error_constant_hindsight"][:3].tolist() == pytest.approx([0.08, 0.0, 0.20])
    assert scored["error_grade_oracle"][:3].tolist() == pytest.approx([0.02, 0.10, 0.0])
    assert scored.filter(like="error_").iloc[3].isna().all()
