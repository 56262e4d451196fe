"""The registered model. MLflow keeps this file as text beside the bundle and runs it where it loads
the model: nothing is unpickled, and ivfgrade need not be installed there.

What decodes and answers is the bundle's own code. IVFGRADE_THREADS says how many threads a picture
may use (if not given, all cores), IVFGRADE_DEVICE is auto, cpu or cuda.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext
from PIL import Image

PACKAGE = "ivfgrade"
KEPT = "_ivfgrade_opened"  # bundles that this process has open; MLflow runs this file at each load
Record = dict[str, Any]
NO_NUMBER: Record = {
    "status": "", "reasons": [], "ratio": None, "ratio_low": None, "ratio_high": None,
    "grade": None, "grades": [], "fragment_mask": None,
}  # fmt: skip


class Encoded:
    """An image file in memory: what the bundle's decoder asks of a path."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def exists(self) -> bool:
        return True

    def is_file(self) -> bool:
        return True

    def open(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.content)

    def stat(self) -> os.stat_result:
        return os.stat_result((0, 0, 0, 0, 0, 0, len(self.content), 0, 0, 0))


class Opened:
    """A bundle that was found whole, with its own code and its graph."""

    def __init__(self, folder: Path, digest: str, device: str, threads: int) -> None:
        with own_code(folder / "code"):
            _verifier(folder).check(folder, digest)
            self.images, self.answers = _module("dataset.images"), _module("bundle.answers")
            self.manifest = _module("bundle.manifest").read(folder)
            graph = folder / self.manifest.taken
            self.session = _module("bundle.session").open_graph(graph, device, threads)
        self.outputs = [one.name for one in self.session.get_outputs()]

    def record(self, image: Any, masks: bool) -> Record:
        """A picture that cannot be read is told: whoever sends many gets the others' answers."""
        try:
            pixels = self.images.read_image(Encoded(content_of(image)))
        except (ValueError, self.images.BadImage) as error:
            reason = getattr(error, "reason", str(error))
            return {**NO_NUMBER, "status": self.answers.UNREADABLE, "reasons": [reason]}
        values = self.session.run(self.outputs, {"pixels": pixels[None]})
        found = {name: value[0] for name, value in zip(self.outputs, values, strict=True)}
        answer = self.answers.answer(found, self.manifest)
        mask = {"fragment_mask": as_base64(answer.fragment)} if masks else {}
        return {**NO_NUMBER, **answer.record(), **mask}


def _verifier(folder: Path) -> Any:
    """The bundle's, which asks whether every file, itself among them, is as the digest says."""
    spec = importlib.util.spec_from_file_location("ivfgrade.bundle.verify", folder / "verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Grader(PythonModel):
    """A row for each picture, in their order."""

    opened: Opened

    def load_context(self, context: PythonModelContext) -> None:
        folder, digest = Path(context.artifacts["bundle"]), str(context.model_config["digest"])
        device = os.environ.get("IVFGRADE_DEVICE", "auto")
        threads = int(os.environ.get("IVFGRADE_THREADS", "0"))
        kept = sys.modules.setdefault(KEPT, ModuleType(KEPT)).__dict__
        key = f"{digest} {device} {threads}"
        if key not in kept:
            kept[key] = Opened(folder, digest, device, threads)
        self.opened = kept[key]

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> list[Record]:
        """Plain records: of a table, JSON would get NaN where there is no number."""
        masks = bool((params or {}).get("masks", False))
        return [self.opened.record(image, masks) for image in model_input["image"]]


def content_of(image: Any) -> bytes:
    """Of a file as it is, or in base64, as JSON carries it."""
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    if not isinstance(image, str):
        raise ValueError("is no picture: send the bytes of its file, in JSON as base64")
    try:
        return base64.b64decode("".join(image.split()), validate=True)
    except ValueError:
        raise ValueError("is not base64") from None


def as_base64(mask: np.ndarray) -> str:
    """PNG, white where the mask is true."""
    content = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()


@contextmanager
def own_code(folder: Path) -> Iterator[None]:
    """`import ivfgrade` means the bundle's own, even where another version is in use; and leaves no
    bytecode in the bundle, which would break its seal."""
    others = _taken_away()
    wrote_none, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = wrote_none
        _taken_away()
        sys.modules.update(others)


def _taken_away() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == PACKAGE]
    return {name: sys.modules.pop(name) for name in names}


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


set_model(Grader())
