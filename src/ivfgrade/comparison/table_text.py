"""Table 1 as a page that a person reads."""

from __future__ import annotations

from typing import Any

from ivfgrade.comparison.study import Study
from ivfgrade.comparison.wording import capital, cell, counted, markdown_table, warnings

HEADER = {
    "dice": "Dice",
    "mae_direct": "MAE direct",
    "mae_hard": "MAE hard mask",
    "mae_soft": "MAE calibrated soft mask",
    "mae_fused": "MAE fused",
    "mae_reported": "MAE reported",
    "grade_accuracy": "grade accuracy",
    "kappa_quadratic": "quadratic kappa",
}
TRIVIAL = ["answer", "what", "Dice", "MAE"]
Numbers = dict[str, Any]


def table_text(study: Study, numbers: Numbers) -> str:
    basis = f"{capital(study.basis.text())}.\n{counted(study.judged_on)}"
    title = f"# Table 1, {study.data}\n\n{basis}\n"
    header = ["row", "what", "paper: Dice", "Dice", "paper: MAE", *list(HEADER.values())[1:]]
    lines = [_line(line) for line in numbers["rows"]]
    rests = [_basis(line) for line in numbers["rows"]]
    if len(set(rests)) > 1:
        header.append("rests on")
        lines = [[*line, basis] for line, basis in zip(lines, rests, strict=True)]
    trivial = [_short(line) for line in numbers["trivial"]]
    people = "".join(f"- {line}\n" for line in numbers["human_agreement"])
    notes = "".join(f"- {note}\n" for note in numbers["notes"])
    return (
        f"{title}{warnings(study.cautions)}{markdown_table(header, lines)}\n"
        f"Without looking at the image:\n\n{markdown_table(TRIVIAL, trivial)}\n"
        f"People among themselves, from the literature, on other embryos:\n\n{people}\n"
        f"How to read it:\n\n{notes}"
    )


def _line(line: Numbers) -> list[str]:
    printed = line.get("paper", {})
    cells = {name: cell(line.get(name)) for name in HEADER}
    return [
        line["row"],
        line["what"],
        _printed(printed.get("dice")),
        cells["dice"],
        _printed(printed.get("mae_direct")),
        *list(cells.values())[1:],
    ]


def _basis(line: Numbers) -> str:
    seeds, folds = ([str(one) for one in line[name]] for name in ("training_seeds", "folds"))
    split = f"folds {', '.join(folds)}" if folds else "single split"
    return f"seeds {', '.join(seeds)}; {split}; {line['trials']} trials; {line['images']} images"


def _short(line: Numbers) -> list[str]:
    spans = [cell(line.get(name)) for name in ("dice", "mae_direct")]
    return [line["row"], line["what"], *spans]


def _printed(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
