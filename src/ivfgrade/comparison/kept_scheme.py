"""The grading scheme that lies beside committed results, or another one, as a command is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.comparison.files import SCHEME
from ivfgrade.grading import GradingScheme, load_scheme

Grading = Annotated[
    Path | None, typer.Option(help="in place of the scheme that was kept with the results")
]


def kept_scheme(results: Path, other: Path | None) -> GradingScheme:
    return load_scheme(other or results / SCHEME)
