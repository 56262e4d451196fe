"""One ratio has exactly one grade, and a scheme that says otherwise is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivfgrade.errors import InputError
from ivfgrade.grading import GradingScheme, load_scheme

SCHEME = GradingScheme("test", 1, ("A", "B", "C", "D"), (0.0, 0.10, 0.25, 0.50, 1.0))
GOOD = """
id: mine
version: 2
grades:
  - {name: low, low: 0, high: 0.3}
  - {name: high, low: 0.3, high: 1}
"""


@pytest.mark.parametrize(
    ("ratio", "grade"),
    [(0.0, "A"), (0.10, "B"), (0.25, "C"), (0.50, "D"), (1.0, "D")],
)
def test_a_ratio_on_a_border_belongs_to_the_upper_grade(ratio: float, grade: str) -> None:
    assert SCHEME.grade(ratio) == grade
    if grade != "A" and ratio < 1:
        assert SCHEME.grade(np.nextafter(ratio, 0)) < grade


def test_many_ratios_are_graded_at_once() -> None:
    assert SCHEME.grade_index(np.array([0.05, 0.1, 0.3, 0.9])).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("grade", "interval"),
    [("A", (0.0, 0.12)), ("B", (0.08, 0.27)), ("D", (0.48, 1.0))],
)
def test_a_widened_interval_stays_between_0_and_1(
    grade: str, interval: tuple[float, float]
) -> None:
    assert SCHEME.widened(grade, 0.02) == pytest.approx(interval)
    assert SCHEME.widened(grade, 5.0) == (0.0, 1.0)
    assert SCHEME.widened(grade, 0.0) == SCHEME.interval(grade)


def test_an_unknown_grade_is_told_which_there_are() -> None:
    with pytest.raises(InputError, match="grade 'E' is not one of A, B, C, D in scheme test"):
        SCHEME.interval("E")


def load(folder: Path, content: str) -> GradingScheme:
    path = folder / "scheme.yaml"
    path.write_text(content)
    return load_scheme(path)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == GradingScheme("mine", 2, ("low", "high"), (0.0, 0.3, 1.0))


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scheme.yaml cannot be read: No such file"):
        load_scheme(tmp_path / "scheme.yaml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (GOOD, "grades: [1"),  # no YAML
        (GOOD, ""),
        ("id: mine", ""),
        ("version: 2", ""),
        ("version: 2", "version: two"),
        (", high: 1}", "}"),
        ("name: low, ", ""),
        ("low: 0.3", "low: some"),
        (GOOD[GOOD.index("grades") :], "grades: 3"),
    ],
)
def test_a_file_that_lacks_something_says_what_it_needs(tmp_path: Path, old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match="needs id, version and grades with name, low and high"):
        load(tmp_path, GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("low: 0.3", "low: 0.4"),  # a gap
        ("low: 0.3", "low: 0.2"),  # an overlap
        ("low: 0,", "low: 0.1,"),
        ("high: 1}", "high: 0.9}"),
        ("name: high", "name: low"),  # twice the same
        ("high: 0.3", "high: 1.3"),
        ("0.3", "0"),  # a grade that no ratio has
        (GOOD[GOOD.index("grades") :], "grades: []"),
    ],
)
def test_grades_that_do_not_cover_0_to_1_once_are_refused(
    tmp_path: Path, old: str, new: str
) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match="grades must cover 0 to 1 once, in rising order"):
        load(tmp_path, GOOD.replace(old, new))
