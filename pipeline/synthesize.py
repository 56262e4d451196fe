"""Write the embedded synthetic data set.

python -m pipeline.synthesize FOLDER
"""

from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.synthesis.write import cores, synthesise


def main(folder: Path) -> None:
    with one_line(), guarded("synthesize"):
        params = load_params()
        synthesise(params.synthesize, params.seed, folder, cores())


if __name__ == "__main__":
    typer.run(main)
