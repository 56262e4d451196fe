"""All of the experiment table on one page that opens from disk: reports/index.html.

python -m pipeline.report DATA EXPERIMENTS PAGE --comparison reports/comparison ...
"""

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.errors import one_line
from ivfgrade.grading import load_scheme
from ivfgrade.htmlreport.sources import Folders
from ivfgrade.htmlreport.write import write_page
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params

Optional = Annotated[Path | None, typer.Option(help="left out of the page if not given")]


def main(
    data: Path,
    experiments: Path,
    page: Path,
    comparison: Optional = None,
    texture: Optional = None,
    focus: Optional = None,
    provenance: Optional = None,
) -> None:
    with one_line(), guarded("report"):
        params = load_params()
        folders = Folders(data, experiments, comparison, texture, focus, provenance)
        scheme, name = load_scheme(Path(params.data.grading)), Path(params.data.root).name
        rows = list(params.experiments.models)
        write_page(folders, rows, scheme, name, params.track.experiment, page)


if __name__ == "__main__":
    typer.run(main)
