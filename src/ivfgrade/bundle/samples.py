"""Pictures that travel with a bundle, and what its graph said of them where it was made."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from ivfgrade.atomic import write_bytes
from ivfgrade.bundle.answers import answers
from ivfgrade.bundle.manifest import Manifest, Sample
from ivfgrade.dataset.images import read_image

FOLDER = "samples"


def answered(
    session: onnxruntime.InferenceSession,
    manifest: Manifest,
    pictures: Sequence[Path],
    folder: Path,
) -> tuple[Sample, ...]:
    """Copies of the pictures in `folder`, with their masks beside them."""
    return tuple(_sample(session, manifest, picture, folder) for picture in pictures)


def _sample(
    session: onnxruntime.InferenceSession, manifest: Manifest, picture: Path, folder: Path
) -> Sample:
    place = f"{FOLDER}/{picture.name}"
    (folder / FOLDER).mkdir(exist_ok=True)
    shutil.copy(picture, folder / place)
    names = [one.name for one in session.get_outputs()]
    values = session.run(names, {"pixels": read_image(picture)[None]})
    answer = answers(dict(zip(names, values, strict=True)), manifest)[0]
    masks = {"fragments": answer.fragment, "embryo": answer.embryo}
    files = {what: f"{FOLDER}/{picture.stem}_{what}.png" for what in masks}
    for what, mask in masks.items():
        write_bytes(folder / files[what], as_png(mask))
    return Sample(place, files["fragments"], files["embryo"], answer.record())


def as_png(mask: np.ndarray) -> bytes:
    """White where the mask is true."""
    content = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(content, "PNG")
    return content.getvalue()
