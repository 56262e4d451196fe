"""Figures and numbers of section II and of where the networks look, as their stages left them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivfgrade.atomic import read_json
from ivfgrade.heat_words import CONTRIBUTION, GRADCAM, STAYS, UNCERTAIN
from ivfgrade.htmlreport.naming import told
from ivfgrade.htmlreport.pictures import Figure, figure
from ivfgrade.htmlreport.wording import capital, span, value

METRICS = "metrics.json"
SENTENCES = {
    "tsne": ("Texture, Fig. 1", "t-SNE of GLCM features; each point is an embryo."),
    "lbp_mlp": ("Texture, Fig. 2", "Ratio predicted from local binary patterns by a small network, "
                "by true grade."),
    "panels": ("Where the network looks", "Heat maps with the true outlines, from the least to the "
               "most fragmented image; under each map that of a network whose weights were redrawn "
               "at random. Light is hot, on a scale of each map's own."),
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
KINDS = {GRADCAM: "Grad-CAM++", CONTRIBUTION: "contribution"}
OUTCOMES = {  # of a control; of one that is passed nothing has to be said
    STAYS: "The {kind} map of row {row} fails its control: it stays the same "
    "when {part} is redrawn at random (rank correlation {value}, {span}). It does not show what "
    "was learnt: neither its pictures nor its concentration are evidence of where the network "
    "looks.",
    UNCERTAIN: "Whether the {kind} map of row {row} shows what was learnt cannot be told: with "
    "{part} redrawn at random it is neither clearly the same nor clearly another (rank correlation "
    "{value}, {span}).",
}
UNDECIDED = (  # where the numbers are too few to be judged
    "Whether the {kind} map of row {row} shows what was learnt cannot be told: {why} (rank "
    "correlation {value}, {span}, with {part} redrawn at random)."
)
TEXTURES = {"glcm": "GLCM", "lbp": "LBP", "mlp": "small network", "ridge": "ridge regression"}
WAYS = {"neighbours": "nearest neighbours", "linear": "a linear border"}
PARTS = {"head": "the head alone"}  # of a network; others are layers of the backbone


@dataclass(frozen=True)
class Control:
    """The same map of networks with random weights from the output down to a part."""

    part: str
    verdict: str
    alike: Mapping[str, Any]  # rank correlation of trained and redrawn network's map
    why: str  # nothing can be told; empty where the rank correlation says it

    @property
    def failed(self) -> bool:
        return self.verdict == STAYS


@dataclass(frozen=True)
class Look:
    """One kind of heat map of a row."""

    kind: str
    cells: list[Mapping[str, Any] | None]  # in the order of LOOKS
    controls: list[Control]


@dataclass(frozen=True)
class Focus:
    """Where one row looks."""

    row: str
    looks: list[Look]
    figures: list[Figure]

    @property
    def doubts(self) -> list[str]:
        """Controls that were not passed, in a sentence each."""
        return [
            (UNDECIDED if control.why else OUTCOMES[control.verdict]).format(
                kind=look.kind,
                row=told(self.row),
                why=control.why,
                part=PARTS.get(control.part, f"the network down to {control.part}"),
                value=value(control.alike, 2),
                span=span(control.alike, 2) or "no interval",
            )
            for look in self.looks
            for control in look.controls
            if control.verdict in OUTCOMES
        ]


def figures_in(folder: Path | None) -> list[Figure]:
    if folder is None or not folder.is_dir():
        return []
    known = list(SENTENCES)
    paths = sorted(folder.glob("*.png"))
    paths.sort(key=lambda path: known.index(path.stem) if path.stem in known else len(known))
    return [_figure(path) for path in paths]


def texture_lines(folder: Path | None) -> list[tuple[str, Mapping[str, Any]]]:
    """What is said of the texture features, as (sentence, cell)."""
    numbers = _numbers(folder)
    lines = []
    for kind, found in numbers.get("separation", {}).items():
        for way, spoken in WAYS.items():
            auc = found.get(way, {}).get("auc_last_against_first")
            if isinstance(auc, Mapping):
                lines.append((f"{_spelt(kind)}, {spoken}: AUC, worst against best grade", auc))
    for name, found in numbers.get("regression", {}).items():
        if isinstance(found, Mapping) and isinstance(found.get("mae"), Mapping):
            lines.append((f"{_spelt(name)}: MAE of the ratio", found["mae"]))
    return lines


def focus_of(folder: Path | None, names: Sequence[str]) -> list[Focus]:
    """Of the rows that heat maps were made of, in the order of `names`."""
    homes = [] if folder is None else [folder / name for name in names]
    return [
        Focus(home.name, _looks(read_json(home / METRICS)), figures_in(home))
        for home in homes
        if (home / METRICS).is_file()
    ]


def _looks(numbers: Mapping[str, Any]) -> list[Look]:
    return [
        Look(
            kind=name,
            cells=[numbers[key].get(question) for question in LOOKS],
            controls=[
                # results of older versions hold no reason
                Control(part, found["verdict"], found["rank_correlation"], found.get("why", ""))
                for part, found in numbers[key]["control"].items()
            ],
        )
        for key, name in KINDS.items()
        if key in numbers
    ]


def _figure(path: Path) -> Figure:
    title, sentence = SENTENCES.get(path.stem, (_spoken(path.stem), ""))
    return figure(path, title, sentence, f"{title}. {sentence}".strip())


def _numbers(folder: Path | None) -> Mapping[str, Any]:
    path = None if folder is None else folder / METRICS
    return read_json(path) if path is not None and path.is_file() else {}


def _spelt(name: str) -> str:
    """glcm_mlp -> GLCM, small network"""
    return ", ".join(TEXTURES.get(part, part) for part in name.split("_"))


def _spoken(name: str) -> str:
    return capital(name.replace("_", " "))
