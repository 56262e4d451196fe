"""Pictures that travel with a bundle, and what each of its graphs said of them where it was made.

They are numbered: a name could tell whose embryo it is.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from ivfgrade.atomic import write_bytes
from ivfgrade.bundle.answers import answers
from ivfgrade.bundle.labelled import DEFECT, samples_of, truth_of
from ivfgrade.bundle.manifest import Expected, Manifest, Sample
from ivfgrade.bundle.session import open_graph
from ivfgrade.dataset.contract import IMAGES
from ivfgrade.dataset.images import read_image
from ivfgrade.grading import GradingScheme

FOLDER = "samples"
REFUSED = "saturation"  # the planted defect that is shown


def chosen(root: Path, scheme: GradingScheme) -> list[Path]:
    """Of a labelled folder with planted defects: little fragmented, much fragmented, defective."""
    samples = samples_of(root, scheme)
    good = [one for one in samples if not one.extra.get(DEFECT)]
    by_ratio = sorted((truth_of(one, root), one.image) for one in good)
    graded = [by_ratio[len(by_ratio) * part // 4][1] for part in (1, 3)]
    defective = next(one.image for one in samples if one.extra.get(DEFECT) == REFUSED)
    return [root / IMAGES / image for image in (*graded, defective)]


def answered(folder: Path, manifest: Manifest, pictures: Sequence[Path]) -> tuple[Sample, ...]:
    """Copies of the pictures in the bundle's `folder`, with the masks of each promoted graph."""
    files = [graph.file for graph in manifest.promoted]
    sessions = {file: open_graph(folder / file, "cpu") for file in files}
    (folder / FOLDER).mkdir()
    return tuple(
        _sample(folder, manifest, sessions, number, picture)
        for number, picture in enumerate(pictures, 1)
    )


def _sample(
    folder: Path,
    manifest: Manifest,
    sessions: Mapping[str, onnxruntime.InferenceSession],
    number: int,
    picture: Path,
) -> Sample:
    pixels = read_image(picture)
    place = f"{FOLDER}/{number}{picture.suffix.lower()}"
    shutil.copyfile(picture, folder / place)
    expected = {}
    for file, session in sessions.items():
        names = [one.name for one in session.get_outputs()]
        values = session.run(names, {"pixels": pixels[None]})
        answer = answers(dict(zip(names, values, strict=True)), manifest)[0]
        masks = {"fragments": answer.fragment, "embryo": answer.embryo}
        paths = {what: f"{FOLDER}/{number}_{Path(file).stem}_{what}.png" for what in masks}
        for what, mask in masks.items():
            write_bytes(folder / paths[what], as_png(mask))
        expected[file] = Expected(answer.record(), paths["fragments"], paths["embryo"])
    return Sample(place, expected)


def as_png(mask: np.ndarray) -> bytes:
    """White where the mask is true."""
    content = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(content, "PNG")
    return content.getvalue()
