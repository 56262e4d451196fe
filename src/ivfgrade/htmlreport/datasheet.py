"""What the networks were trained and judged on, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

SPLITS = ("train", "val", "calibration", "test", "none")
KINDS = {"paired": "with outline", "ratio": "with ratio", "weak": "grade alone",
         "unlabelled": "unlabelled"}  # fmt: skip
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Table:
    caption: str
    header: list[str]
    lines: list[list[str]]


@dataclass(frozen=True)
class DataSheet:
    facts: list[tuple[str, str]]
    tables: list[Table]


def data_sheet(manifest: pd.DataFrame, summary: Mapping[str, Any], data_name: str) -> DataSheet:
    splits = [split for split in SPLITS if (manifest["split"] == split).any()]
    return DataSheet(
        facts=_facts(manifest, summary, data_name),
        tables=[
            _contents(manifest, splits),
            _spread(manifest, splits),
            _counts(manifest, splits, "grade", "Grades given by a person"),
            _counts(manifest, splits, "stage", "Stage, in cells"),
        ],
    )


def _facts(
    manifest: pd.DataFrame, summary: Mapping[str, Any], data_name: str
) -> list[tuple[str, str]]:
    drawn = "drawn by a simulator; no embryo was photographed" if data_name == "synthetic" else ""
    sizes = manifest["height"].astype(str) + " x " + manifest["width"].astype(str)
    count = sizes.nunique()
    usual = f", most often {sizes.mode().iloc[0]} pixels" if len(sizes) else ""
    scheme, size = summary.get("grading", {}), summary.get("size", "?")
    compared = summary.get("grade_disagreement", {}).get("compared")
    facts = {
        "Data set": ", ".join(part for part in (data_name, drawn) if part),
        "Images": f"{len(manifest)} of {manifest['patient'].nunique()} patients, "
        f"{manifest['site'].nunique()} sites",
        "As given": f"{count} image {'size' if count == 1 else 'sizes'}{usual}",
        "As prepared": f"{size} x {size} pixels, shape kept, padded",
        "Embryo outline": _shares(summary.get("embryo_source", {})),
        "Source of the ratio": _shares(summary.get("ratio_source", {})),
        "Grading": f"{scheme.get('id', 'unknown')} version {scheme.get('version', '?')}",
        "Given grade differs from that of the ratio": ""
        if not compared
        else f"{summary['grade_disagreement']['differing']} of {compared} images",
        "Digest": str(summary.get("data_digest", "unknown")),
    }
    return [(name, value) for name, value in facts.items() if value]


def _shares(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items() if count)


def _contents(manifest: pd.DataFrame, splits: list[str]) -> Table:
    kinds = [kind for kind in KINDS if (manifest["supervision"] == kind).any()]
    lines = []
    for split in splits:
        part = manifest[manifest["split"] == split]
        counts = [str(int((part["supervision"] == kind).sum())) for kind in kinds]
        lines.append([split, str(part["patient"].nunique()), *counts])
    return Table("Images per split", ["split", "patients", *(KINDS[k] for k in kinds)], lines)


def _spread(manifest: pd.DataFrame, splits: list[str]) -> Table:
    lines = []
    for split in splits:
        ratios = manifest.loc[manifest["split"] == split, "ratio"].dropna().astype(float)
        if len(ratios):
            spread = [f"{ratios.quantile(q):.1%}" for q in QUANTILES]
            lines.append([split, str(len(ratios)), *spread, f"{(ratios == 0).mean():.0%}"])
    header = ["split", "images", "10th percentile", "median", "90th percentile", "no fragment"]
    return Table("True ratio", header, lines)


def _counts(manifest: pd.DataFrame, splits: list[str], column: str, caption: str) -> Table:
    values = sorted(set(manifest[column].astype(str)) - {""})
    lines = []
    for split in splits:
        part = manifest.loc[manifest["split"] == split, column].astype(str)
        lines.append([split, *(str(int((part == value).sum())) for value in values)])
    return Table(caption, ["split", *values], lines)
