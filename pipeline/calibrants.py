"""Write embryos on whom a bundle's interval and refusals are fitted, and nothing else.

python -m pipeline.calibrants FOLDER
"""

from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.synthesis.strangers import synthesise_strangers


def main(folder: Path) -> None:
    with one_line(), guarded("calibrants"):
        params = load_params()
        synthesise_strangers(params.bundle.calibrants, params.synthesize, params.seed, folder)


if __name__ == "__main__":
    typer.run(main)
