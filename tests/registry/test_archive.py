"""An archive scored by Spark's workers has the answers that one process gives, file by file."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from ivfgrade.bundle import manifest
from ivfgrade.bundle.answers import UNREADABLE, answer
from ivfgrade.bundle.session import Failed, compute, open_graph
from ivfgrade.errors import InputError
from ivfgrade.prediction.inputs import files_meant
from ivfgrade.prediction.run import NEEDED
from ivfgrade.registry.archive import require_seen, score, spark_session
from tests.bundle.made import picture
from tests.registry.conftest import Project
from tests.registry.test_register import LATEST

pytestmark = pytest.mark.filterwarnings(
    "ignore:::mlflow", "ignore::ResourceWarning", "ignore:PySpark does not yet fully support pandas"
)
PICTURES = 1000


def archive(folder: Path) -> Path:
    """Of several sizes, in folders, with names that are hard to hand on, and two broken files."""
    for number in range(PICTURES - 2):
        name = (f"{number}.png", f"{number}.PNG", f"ä {number}%20.png")[number % 3]
        place = folder / f"week {number % 7}" / name
        picture(place, number % 256, 30 + number % 5, 40 + number % 3, spots=number % 2)
    (folder / "junk.jpg").write_bytes(b"junk")
    (folder / "empty.tif").write_bytes(b"")
    (folder / "notes.txt").write_text("no picture")
    return folder


def one_by_one(bundle: Path, files: list[Path]) -> dict[str, dict[str, object]]:
    """As `ivfgrade predict` computes them."""
    about = manifest.read(bundle)
    session = open_graph(bundle / about.taken, "cpu", threads=1)
    found = {}
    for done in compute(session, files, NEEDED):
        failed = isinstance(done, Failed)
        found[str(done.path)] = (
            {"status": UNREADABLE, "reasons": [done.reason]}
            if failed
            else answer(done.found, about).record()
        )
    return found


def told(row: pd.Series) -> dict[str, object]:
    """A row of the table without what a record lacks."""
    lists = {"reasons": list(row["reasons"]), "grades": list(row["grades"])}
    single = {name: row[name] for name in ("status", "ratio", "ratio_low", "ratio_high", "grade")}
    return {name: value for name, value in {**single, **lists}.items() if _there(value)}


def _there(value: object) -> bool:
    return value != [] and not (value is None or value != value)


@pytest.mark.slow
@pytest.mark.usefixtures("client")
def test_two_workers_answer_a_thousand_pictures_as_one_process(
    project: Project, tmp_path: Path
) -> None:
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    folder = archive(tmp_path / "pictures")
    expected = one_by_one(project.bundle, files_meant([str(folder)]))
    assert Counter(one["status"] for one in expected.values())["graded"] > PICTURES / 2
    with spark_session("local[2]") as spark:
        assert score(spark, LATEST, folder, tmp_path / "out") == PICTURES
    table = pd.read_parquet(tmp_path / "out")
    assert {row["file"]: told(row) for _, row in table.iterrows()} == expected


def test_a_name_that_spark_passes_over_is_refused(tmp_path: Path) -> None:
    seen = [picture(tmp_path / "a_b.png", 90)]
    require_seen(tmp_path, seen)
    passed_over = picture(tmp_path / "_old" / "a.png", 90)
    with pytest.raises(InputError, match=r"Spark would not read .*_old/a\.png: rename"):
        require_seen(tmp_path, [*seen, passed_over])


def test_without_spark_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with (
        pytest.raises(InputError, match=r"pip install 'ivfgrade\[spark\]'"),
        spark_session("local"),
    ):
        pass
