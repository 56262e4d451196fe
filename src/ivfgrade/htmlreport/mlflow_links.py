"""Addresses in MLflow's pages that need no look-up in its store.

A run's own address holds an id that only the store knows, and this page is a function of its
declared inputs. MLflow's comparison page takes a search in its address instead: a training is found
by the tag with its key, a row by the beginning of its name. Only the numbers of the two tables must
be known; in a checkout's own store they are 1 (trainings) and 2 (results), as they are the first
that are made there. Elsewhere, on a server for instance, the list of tables is the way in.
Tried with MLflow 3.17.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

SERVER = "http://127.0.0.1:5000"  # where `make ui` listens
TABLES = ("1", "2")


def tables_link(experiment: str) -> str:
    """The list of tables whose name contains that of the experiment."""
    return f"{SERVER}/#/experiments?experimentSearchFilter={quote(experiment)}"


def training_link(key: str) -> str | None:
    """The run of a training stage, by the fingerprint of its inputs."""
    return _search(f"tags.`ivfgrade.key` = '{key}'") if re.fullmatch(r"[0-9a-f]+", key) else None


def row_link(row: str) -> str | None:
    """The results of a row: runs are called 'C · plus · quick · synthetic · seed 2'."""
    return _search(f"attributes.run_name LIKE '{row} · %'") if re.fullmatch(r"\w+", row) else None


def _search(query: str) -> str:
    tables = quote(json.dumps(list(TABLES), separators=(",", ":")))
    return f"{SERVER}/#/compare-experiments/s?experiments={tables}&searchFilter={quote(query)}"
