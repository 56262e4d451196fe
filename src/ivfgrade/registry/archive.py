"""Pictures by the million: the registered model inside Spark, on as many machines as it has.

Each of Spark's Python workers opens the bundle once and gives a picture one thread, so that there
are as many workers as cores. `answered` takes any session and any table of pictures.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ivfgrade.dataset.images import IMAGE_SUFFIXES
from ivfgrade.errors import InputError
from ivfgrade.prediction.inputs import files_meant

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ANSWER = (
    "struct<status: string, reasons: array<string>, ratio: double, ratio_low: double, "
    "ratio_high: double, grade: string, grades: array<string>>"
)
WORKER = {"IVFGRADE_THREADS": "1", "IVFGRADE_DEVICE": "cpu"}
SETTINGS = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": 8,  # in memory at once; not 10 000 pictures
    "spark.sql.files.openCostInBytes": 1 << 20,  # some hundred pictures a task, not 32
}


def score(spark: SparkSession, model_uri: str, folder: Path, out: Path) -> int:
    """Parquet in the new folder `out` with a row for each picture below `folder`: how many."""
    files = files_meant([str(folder)])
    require_seen(folder, files)
    pictures = read_pictures(spark, folder).select("path", "content")
    empty = [(str(file), b"") for file in files if file.stat().st_size == 0]
    if empty:  # which Spark passes over
        pictures = pictures.union(spark.createDataFrame(empty, "path string, content binary"))
    answered(spark, model_uri, pictures).write.parquet(str(out))
    count = spark.read.parquet(str(out)).count()
    if count != len(files):
        raise InputError(f"{out} has {count} answers to {len(files)} pictures; do not use it")
    return count


def answered(spark: SparkSession, model_uri: str, pictures: DataFrame) -> DataFrame:
    """`file`, then the answer; `pictures` has the columns `path` and `content`, as Spark's format
    binaryFile gives them."""
    from mlflow.pyfunc import spark_udf
    from pyspark.sql import functions

    _set(spark)
    answer = spark_udf(spark, model_uri, result_type=ANSWER, env_manager="local", extra_env=WORKER)
    file = functions.regexp_replace("path", "^file:/+", "/").alias("file")
    table = pictures.select(file, answer("content").alias("answer")).select("file", "answer.*")
    graded = functions.when(functions.size("grades") > 0, table.grade)
    return table.withColumn("grade", graded)  # MLflow makes the text "nan" of no grade


def read_pictures(spark: SparkSession, folder: Path) -> DataFrame:
    """All files whose names end like a picture's."""
    _set(spark)
    endings = ",".join(suffix.lstrip(".") for suffix in IMAGE_SUFFIXES)
    either_case = "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in endings)
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    return reader.option("pathGlobFilter", f"*.{{{either_case}}}").load(str(folder))


def require_seen(folder: Path, files: Sequence[Path]) -> None:
    """Spark passes silently over names that begin with an underscore."""
    for file in files:
        if any(part.startswith("_") for part in file.relative_to(folder.absolute()).parts):
            raise InputError(f"Spark would not read {file}: rename what begins with an underscore")


@contextmanager
def spark_session(master: str) -> Iterator[SparkSession]:
    """Its workers run this Python; on one machine it listens to no other."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise InputError("Spark is not installed: pip install 'ivfgrade[spark]'") from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # of what it lacks for pandas 3, nothing is used here
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    builder = SparkSession.builder.appName("ivfgrade").master(master)
    if master.startswith("local"):
        builder = builder.config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.ui.enabled", "false")
    try:
        spark = builder.getOrCreate()
    except Exception as error:  # its gateway tells no more than that Java ended
        raise InputError(f"Spark does not start; is there Java 17 or newer? ({error})") from error
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def _set(spark: SparkSession) -> None:
    for name, value in SETTINGS.items():
        spark.conf.set(name, str(value))
