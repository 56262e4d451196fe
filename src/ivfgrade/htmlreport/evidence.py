"""Figures and numbers of section II and of where the networks look, as their stages left them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivfgrade.atomic import read_json
from ivfgrade.htmlreport.pictures import Figure, figure

METRICS = "metrics.json"
SENTENCES = {
    "tsne": ("Texture, Fig. 1", "t-SNE of GLCM features; each point is an embryo."),
    "lbp_mlp": ("Texture, Fig. 2", "Ratio predicted from local binary patterns by a small network, "
                "by true grade."),
    "panels": ("Where the network looks", "Heat maps beside the true outlines, least to most "
               "fragmented, with their controls of redrawn weights."),
    "concentration_gradcam_pp": ("Grad-CAM++ concentration", "Share of the heat divided by the "
                                 "share of the area; 1 is a map that ignores the region."),
    "concentration_contribution": ("Concentration of the contributions", "Share of the heat "
                                   "divided by the share of the area; 1 ignores the region."),
}  # fmt: skip
LOOKS = {
    "concentration": "fragments / image",
    "concentration_within": "fragments / embryo",
    "concentration_embryo": "embryo / image",
}
KINDS = {"gradcam_pp": "Grad-CAM++", "contribution": "contribution"}


@dataclass(frozen=True)
class Look:
    row: str
    kind: str
    cells: list[Mapping[str, Any] | None]  # in the order of LOOKS


def figures_in(folder: Path | None, about: str = "") -> list[Figure]:
    if folder is None or not folder.is_dir():
        return []
    known = list(SENTENCES)
    paths = sorted(folder.glob("*.png"))
    paths.sort(key=lambda path: known.index(path.stem) if path.stem in known else len(known))
    return [_figure(path, about) for path in paths]


def texture_lines(folder: Path | None) -> list[tuple[str, Mapping[str, Any]]]:
    """What is said of the texture features, as (sentence, cell)."""
    numbers = _numbers(folder)
    lines = []
    for kind, found in numbers.get("separation", {}).items():
        for way in ("neighbours", "linear"):
            auc = found.get(way, {}).get("auc_last_against_first")
            if isinstance(auc, Mapping):
                lines.append(
                    (f"{kind.upper()}, {way}: AUC of the last against the first grade", auc)
                )
    for name, found in numbers.get("regression", {}).items():
        if isinstance(found, Mapping) and isinstance(found.get("mae"), Mapping):
            lines.append((f"{_spoken(name)}: MAE of the ratio", found["mae"]))
    return lines


def looks_of(folder: Path | None) -> list[Look]:
    """Concentrations of every row that a heat map was made of."""
    if folder is None or not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.glob(f"*/{METRICS}")):
        numbers = read_json(path)
        for kind, name in KINDS.items():
            of_kind = numbers.get(kind)
            if isinstance(of_kind, Mapping):
                found.append(Look(path.parent.name, name, [of_kind.get(key) for key in LOOKS]))
    return found


def focus_figures(folder: Path | None) -> list[Figure]:
    if folder is None or not folder.is_dir():
        return []
    rows = sorted(path for path in folder.iterdir() if path.is_dir())
    return [found for row in rows for found in figures_in(row, f", row {row.name}")]


def _figure(path: Path, about: str) -> Figure:
    title, sentence = SENTENCES.get(path.stem, (_spoken(path.stem), ""))
    title += about
    return figure(path, title, sentence, f"{title}. {sentence}".strip())


def _numbers(folder: Path | None) -> Mapping[str, Any]:
    path = None if folder is None else folder / METRICS
    return read_json(path) if path is not None and path.is_file() else {}


def _spoken(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]
