"""Write embryos that a bundle has never seen, to measure it on.

python -m pipeline.assayed FOLDER
"""

from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.synthesis.strangers import synthesise_strangers


def main(folder: Path) -> None:
    with one_line(), guarded("assayed"):
        params = load_params()
        synthesise_strangers(params.assay, params.synthesize, params.seed, folder)


if __name__ == "__main__":
    typer.run(main)
