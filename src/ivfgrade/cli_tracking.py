"""`ivfgrade track` and `ivfgrade ui`: complete what MLflow shows, and look at it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.errors import InputError, one_line
from ivfgrade.tracking import store
from ivfgrade.tracking.receipt import read_receipt
from ivfgrade.tracking.send import send
from ivfgrade.tracking.tables import addresses

HOST = "127.0.0.1"


def track() -> None:
    """Send every finished result to MLflow that it does not have yet."""
    with one_line():
        for line in complete(Path.cwd()):
            print(line)


def ui(port: Annotated[int, typer.Option(help="port on this machine")] = 5000) -> None:
    """Open the experiments in MLflow's web pages."""
    with one_line():
        root = Path.cwd()
        if store.tracking_uri(root).startswith(("http://", "https://")):
            raise InputError(f"runs go to {store.tracking_uri(root)}: open that address")
        require_free(port)
        try:
            for line in complete(root):
                print(line)
        except InputError as error:  # earlier rows can be looked at all the same
            print(f"note: {error}", file=sys.stderr)
        serve(root, port)


def complete(root: Path) -> Iterator[str]:
    """Send what is missing; says row by row what was done."""
    receipts = store.receipts(root)
    if not receipts:
        raise InputError("there is no finished result to send; run dvc repro")
    where, troubles = store.tracking_uri(root), []
    for path in receipts:
        try:
            row = read_receipt(path)
            done = "sent to" if send(row, root) else "already in"
            yield f"row {row.name}: {done} {where}"
        except InputError as error:  # of this row; the others are sent all the same
            troubles.append(str(error))
        except store.Unreachable as error:
            raise InputError(f"MLflow at {where} cannot be reached ({error})") from error
    if troubles:
        raise InputError("; ".join(troubles))


def require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise InputError(f"port {port} is taken; name another one with --port") from error


def serve(root: Path, port: int) -> None:
    site = f"http://{HOST}:{port}"
    print(f"MLflow: {site}   (some seconds to start; Ctrl-C ends it)")
    try:
        for name, page in addresses(store.connect(root, store.ASKED)).items():
            print(f"  {name}: {site}/{page}")
    except store.Unreachable as error:
        raise InputError(
            f"MLflow at {store.tracking_uri(root)} cannot be opened ({error})"
        ) from error
    sys.stdout.flush()
    options = {
        "--host": HOST,
        "--port": str(port),
        "--backend-store-uri": store.tracking_uri(root),
        "--default-artifact-root": store.artifact_root(root),
        "--workers": "1",
        "--uvicorn-opts": "--log-level warning",
    }
    words = [word for option in options.items() for word in option]
    command = [sys.executable, "-m", "mlflow", "server", "--no-serve-artifacts", *words]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    os.execve(sys.executable, command, environment)  # in its place, so that no signal misses it
