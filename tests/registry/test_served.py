"""The registered model says of a picture what its bundle says, however it is asked."""

from __future__ import annotations

import base64
import io
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import ivfgrade.bundle.answers as ours
from ivfgrade.bundle import manifest, seal
from ivfgrade.dataset.images import BadImage, read_image
from ivfgrade.tracking import store
from tests.dataset.test_images import png, tiff_rgb16
from tests.registry.conftest import Project
from tests.registry.test_register import LATEST, folder_of

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")
NO_NUMBER = dict.fromkeys(("ratio", "ratio_low", "ratio_high", "grade", "fragment_mask"))
DEADLINE_SECONDS = 60


def expected(project: Project) -> list[dict[str, Any]]:
    """Of the samples, with what a refused picture lacks."""
    nothing = {**NO_NUMBER, "reasons": [], "grades": []}
    samples = manifest.read(project.bundle).samples
    return [{**nothing, **one.expected["model.onnx"].answer} for one in samples]


def pictures(project: Project) -> list[bytes]:
    samples = manifest.read(project.bundle).samples
    return [(project.bundle / one.picture).read_bytes() for one in samples]


def told(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    "form", [bytes, told, lambda content: base64.encodebytes(content).decode()]
)
@pytest.mark.usefixtures("client")
def test_samples_as_bytes_and_as_base64(project: Project, form) -> None:
    table = pd.DataFrame({"image": [form(content) for content in pictures(project)]})
    assert mlflow.pyfunc.load_model(LATEST).predict(table) == expected(project)


@pytest.mark.usefixtures("client")
def test_masks_are_given_when_asked_for(project: Project) -> None:
    table = pd.DataFrame({"image": pictures(project)})
    found = mlflow.pyfunc.load_model(LATEST).predict(table, params={"masks": True})
    for answer, sample in zip(found, manifest.read(project.bundle).samples, strict=True):
        content = base64.b64decode(answer["fragment_mask"])
        mask = np.asarray(Image.open(io.BytesIO(content)))
        np.testing.assert_array_equal(
            mask,
            np.asarray(Image.open(project.bundle / sample.expected["model.onnx"].fragment_mask)),
        )


@pytest.mark.usefixtures("client")
def test_what_is_no_picture_is_told_and_the_others_are_answered(project: Project) -> None:
    good = pictures(project)[0]
    images = [b"junk", told(good), "a!b", b"", None, good[:99]]
    found = mlflow.pyfunc.load_model(LATEST).predict(pd.DataFrame({"image": images}))
    assert found[1] == expected(project)[0]
    others = [answer for place, answer in enumerate(found) if place != 1]
    assert {answer["status"] for answer in others} == {"unreadable"}
    assert all(answer[name] is None for answer in others for name in NO_NUMBER)
    reasons = [answer["reasons"][0] for answer in others]
    assert reasons[:3] == [
        "is not a PNG, JPEG, TIFF or BMP image",
        "is not base64",
        "is not a PNG, JPEG, TIFF or BMP image; it is empty",
    ]
    assert reasons[3].startswith("is no picture: send the bytes")
    assert reasons[4].startswith("cannot be decoded")


@pytest.mark.usefixtures("client")
def test_it_runs_the_bundles_own_code_and_leaves_no_trace(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVFGRADE_THREADS", "3")  # a bundle that is not open yet
    before = {name for name in sys.modules if name.startswith("ivfgrade")}
    opened = mlflow.pyfunc.load_model(LATEST).unwrap_python_model().opened
    assert "/artifacts/made/code/ivfgrade/" in opened.answers.__file__
    assert sys.modules["ivfgrade.bundle.answers"] is ours
    assert {name for name in sys.modules if name.startswith("ivfgrade")} == before
    assert seal.check(folder_of(project) / "artifacts/made", project.digest)
    assert opened.session.get_session_options().intra_op_num_threads == 3
    again = mlflow.pyfunc.load_model(LATEST).unwrap_python_model().opened
    assert again is opened  # a process opens a bundle once


def file_of(image: Image.Image, format: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, format, **options)
    return content.getvalue()


RAMP = np.arange(60).reshape(4, 5, 3)
GREY = Image.fromarray(RAMP[..., 0].astype(np.uint8))
FILES = {
    "jpeg": file_of(GREY, "JPEG", exif=Image.Exif()),
    "opacity": file_of(Image.fromarray(np.full((4, 5, 4), 77, np.uint8)), "PNG"),
    "bmp": file_of(GREY, "BMP"),
    "png16": png(2, RAMP * 900),
    "tiff16": tiff_rgb16(RAMP * 900, ">", deflate=True),
}
BAD_FILES = {
    "empty": b"",
    "junk": b"junk",
    "half": FILES["png16"][:60],
    "pages": file_of(GREY, "TIFF", save_all=True, append_images=[GREY]),
}


def in_memory(content: bytes) -> Any:
    from ivfgrade.registry.served import Encoded  # imports what warns

    return Encoded(content)


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_file_in_memory_decodes_as_on_disk(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    np.testing.assert_array_equal(read_image(in_memory(content)), read_image(tmp_path / "file"))


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_in_memory_fails_as_on_disk(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    reasons = []
    for source in (in_memory(content), tmp_path / "file"):
        with pytest.raises(BadImage) as caught:
            read_image(source)
        reasons.append(caught.value.reason)
    assert reasons[0] == reasons[1]


@pytest.fixture
def address(project: Project) -> Iterator[str]:
    """Of a server that reaches nothing but this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nowhere = dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"
    )
    environment = {
        **os.environ, **nowhere, "no_proxy": "127.0.0.1",
        "MLFLOW_TRACKING_URI": store.tracking_uri(project.root),
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    }  # fmt: skip
    words = f"-m mlflow models serve -m {LATEST} --env-manager local --port {port}".split()
    with subprocess.Popen([sys.executable, *words], env=environment) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/ping", server)
            yield f"http://127.0.0.1:{port}/invocations"
        finally:
            server.terminate()


def wait_for(ping: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(ping, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


def test_mlflow_models_serve_answers_a_request(address: str, project: Project) -> None:
    images = [*map(told, pictures(project)), told(b"junk")]
    body = {"dataframe_split": {"columns": ["image"], "data": [[image] for image in images]}}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as response:
        found = json.loads(response.read())["predictions"]
    assert found[:-1] == expected(project)
    assert found[-1]["status"] == "unreadable"
