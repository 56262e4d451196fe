"""How scores, intervals and trials are called in the written tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ivfgrade.comparison.sample_sizes import lines_of
from ivfgrade.comparison.tables import GLCM_ERROR, TEXTURE_ERROR
from ivfgrade.comparison.trials import Score

NAMES = {
    "dice": "Dice",
    "error_direct": "MAE direct",
    "error_hard": "MAE hard mask",
    "error_soft": "MAE calibrated soft mask",
    "error_soft_uncalibrated": "MAE soft mask",
    "error_fused": "MAE fused",
    "error_reported": "MAE reported",
    "error_constant": "MAE of the best constant",
    "error_lbp_mlp": "MAE of the perceptron on LBP",
    "error_glcm_mlp": "MAE of the perceptron on GLCM",
    "boundary_f1": "boundary F1",
    "boundary_f1_small": "boundary F1 around small fragments",
    "false_alarm": "outlined share of clean images",
    "heat_on_fragments": "share of heat on fragments",
}
OF_NO_ROW = (TEXTURE_ERROR, GLCM_ERROR)  # beside every row the same
Numbers = Mapping[str, Any]


def difference_name(first: Score, second: Score) -> str:
    if first.column == second.column:
        return f"{NAMES[first.column]}, {first.row} - {second.row}"
    if first.column in OF_NO_ROW and second.column in OF_NO_ROW:
        return f"{NAMES[first.column]} - {NAMES[second.column]}"
    if first.row == second.row:
        return f"{first.row}, {NAMES[first.column]} - {NAMES[second.column]}"
    ours, theirs = (NAMES[score.column].removeprefix("MAE ") for score in (first, second))
    return f"MAE, {first.row} {ours} - {second.row} {theirs}"


def signed(numbers: Numbers) -> str:
    """A difference with its interval, and its value per training seed if there are several."""
    if numbers["low"] is None:
        return _without_interval(numbers, "{:+.4f}")
    seeds = list(numbers.get("by_training_seed", {}).values())
    each = f"; per seed {', '.join(f'{value:+.4f}' for value in seeds)}" if len(seeds) > 1 else ""
    return "{value:+.4f} ({low:+.4f} to {high:+.4f}".format(**numbers) + f"{each})"


def level(numbers: Numbers) -> str:
    return plain_span(numbers) or _without_interval(numbers, "{:.3f}")


def _without_interval(numbers: Numbers, form: str) -> str:
    reason = numbers.get("missing", "no image of which the question arises")
    if numbers["value"] is None:
        return f"not there: {reason}"
    return f"{form.format(numbers['value'])}, no interval: {reason}"


def cell(numbers: Numbers | None) -> str:
    """A value with its interval, alone if there is none, or nothing."""
    if numbers is None or numbers["value"] is None:
        return ""
    return plain_span(numbers) or f"{numbers['value']:.3f}"


def plain_span(numbers: Numbers) -> str:
    if numbers["low"] is None:
        return ""
    return "{value:.3f} ({low:.3f} to {high:.3f})".format(**numbers)


def markdown_table(header: list[str], lines: list[list[str]]) -> str:
    rule = ["---"] * len(header)
    return "".join(
        f"| {' | '.join(_in_one_line(c) for c in line)} |\n" for line in [header, rule, *lines]
    )


def _in_one_line(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def warnings(cautions: Sequence[str]) -> str:
    return "".join(f"**{capital(caution)}.**\n\n" for caution in cautions)


def counted(judged_on: Mapping[str, Mapping[str, Any]]) -> str:
    """A paragraph: the images behind the scores of each part of the patients."""
    return "".join(f"{capital(line)}.\n" for line in lines_of(judged_on))
