"""Write the embedded synthetic data set.

python -m pipeline.synthesize FOLDER
"""

import os
from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.synthesis.write import synthesise


def main(folder: Path) -> None:
    with one_line(), guarded("synthesize"):
        params = load_params()
        workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        synthesise(params.synthesize, params.seed, folder, workers)


if __name__ == "__main__":
    typer.run(main)
