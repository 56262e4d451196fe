"""`ivfgrade recalibrate`: a bundle's interval and refusals anew, on a site's own pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.errors import one_line


def recalibrate(
    bundle: Annotated[Path, typer.Argument(help="The bundle to begin from; it stays unchanged.")],
    folder: Annotated[
        Path,
        typer.Argument(
            help="Labelled pictures: images/ and labels.csv with image, patient and ratio; without "
            "ratio, masks/. None of their patients may have been trained on."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle.")],
    refused_share: Annotated[
        float,
        typer.Option(
            min=0.0, max=0.5, help="Share of these pictures, taken to be good, that may be refused."
        ),
    ] = 0.02,
) -> None:
    """Fit the interval of the ratio and the limits of refusal to a site's own labelled pictures.

    Needs at least 20 pictures that are not refused, of 9 patients for an interval of 90 %; with
    30 and more it becomes narrower, and from few it covers less than it says more often. Limits are
    only ever loosened.
    """
    with one_line():
        from ivfgrade.bundle.recalibrate import recalibrate as anew

        about, digest = anew(bundle, folder, out, refused_share)
        rule = about.interval
        print(
            f"{out}: fitted on {rule['images']} pictures of {rule['patients']} patients; the "
            f"digest of its SHA256SUMS is {digest}"
        )
