"""The claims ledger and the ladder as a page that a person reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ivfgrade.comparison.claims import NOT_TESTED
from ivfgrade.comparison.ledger import Entry, Judged, trials_of
from ivfgrade.comparison.rules import rules
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.wording import (
    NAMES,
    capital,
    counted,
    level,
    markdown_table,
    signed,
    warnings,
)

HEADER = ["claim", "section", "paper", "ours", "verdict", "why", "trials"]
Numbers = dict[str, Any]


def ledger_text(study: Study, entries: Sequence[Entry], ladder: Numbers) -> str:
    verdicts = ", ".join(
        f"{answer}: {sum(entry.verdict.answer == answer for entry in entries)}"
        for answer in ("holds", "does not hold", "cannot tell")
    )
    basis = f"{capital(study.basis.text())}.\n{counted(study.judged_on)}"
    head = f"# The paper's claims, {study.data}\n\n{basis}\nVerdicts: {verdicts}.\n\n"
    claims = markdown_table(HEADER, [_line(study, entry) for entry in entries])
    parts = [part for entry in entries for part in entry.parts]
    uneven = _section("Not on equal footing", [(part.name, part.footing) for part in parts])
    beside = _section("To be read beside", [(part.name, part.remarks) for part in parts])
    return (
        f"{head}{warnings(study.cautions)}{claims}\n{beside}{uneven}"
        f"## Rules\n\n{_list(rules(study.bootstrap.confidence))}\n"
        f"## Not tested here\n\n{_list(NOT_TESTED)}\n{_ladder_text(study, ladder)}"
    )


def _section(title: str, told: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Each comparison with what is told of it, once; nothing if nothing is told."""
    lines = dict.fromkeys(f"{name}: {remark}" for name, remarks in told for remark in remarks)
    return f"## {title}\n\n{_list(list(lines))}\n" if lines else ""


def _line(study: Study, entry: Entry) -> list[str]:
    claim = entry.claim
    ours = "; ".join(f"{part.name}: {_measured(part)}" for part in entry.parts)
    why = f"profile {study.trials[0].profile}" if study.machinery_only else entry.verdict.why
    verdict = f"**{entry.verdict.answer}** {study.data}"
    return [
        capital(claim.text),
        claim.section,
        claim.printed,
        ours,
        verdict,
        capital(why),
        trials_of(entry),
    ]


def _measured(part: Judged) -> str:
    numbers = part.found.numbers()
    shown = (level if part.is_level else signed)(numbers)
    return f"{shown} [{numbers['note']}]" if numbers.get("note") else shown


def _ladder_text(study: Study, ladder: Numbers) -> str:
    criteria = "".join(
        f"- against {one['against']}: **{one['answer']}**; {_outlines(one)}, "
        f"MAE {signed(one['mae_f_minus_c'])}. {capital(one['why'])}.\n"
        for one in ladder["criterion"]
    )
    footing = [f"not on equal footing: {remark}" for remark in ladder["unequal_footing"]]
    scored = ["Dice", "gain", "MAE", "gain"]
    of_validation = [f"validation: {name}" for name in scored]
    header = ["row", "what was added", "to", *of_validation, *scored]
    steps = [
        [
            step["row"],
            step["added"],
            _before(step["after"]),
            *_scored(step["validation"]),
            *_scored(step),
        ]
        for step in ladder["steps"]
    ]
    return (
        f"\n## Row F, {study.data}\n\n**{capital(ladder['answer'])}**: {ladder['why']}.\n\n"
        f"{criteria}{_list(footing)}\n"
        "Each step with its gain over the one that it is added to, on the validation patients and "
        "on the test patients. F was put together before either was measured; when a tried step "
        "joins it is settled by validation alone. The masks' threshold, and the kept epoch where "
        "one is chosen, are chosen on the validation patients too, which flatters all rows "
        "there:\n\n"
        f"{markdown_table(header, steps)}"
    )


def _outlines(one: Numbers) -> str:
    against = one["dice_f_minus"].items()
    return ", ".join(f"Dice less {row}'s {signed(numbers)}" for row, numbers in against)


def _scored(step: Numbers) -> list[str]:
    return [
        _value(step["dice"]),
        _gain(step["gain_dice"]),
        _value(step["mae"]),
        _gain(step["gain_mae"]),
    ]


def _before(after: Numbers | None) -> str:
    return "" if after is None else f"{after['row']}, {NAMES[after['grade']]}"


def _value(numbers: Numbers) -> str:
    return numbers.get("missing", "") if numbers["value"] is None else level(numbers)


def _gain(numbers: Numbers | None) -> str:
    return "" if numbers is None or numbers["value"] is None else signed(numbers)


def _list(lines: Sequence[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)
