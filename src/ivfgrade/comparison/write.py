"""All files of the comparison: everything in them follows from the per-image tables."""

from __future__ import annotations

from pathlib import Path

from ivfgrade.atomic import write_json, write_text
from ivfgrade.comparison.ladder import ladder
from ivfgrade.comparison.ledger import ledger, ledger_numbers
from ivfgrade.comparison.ledger_text import ledger_text
from ivfgrade.comparison.stability import stability
from ivfgrade.comparison.study import Study
from ivfgrade.comparison.table import flat_table, table_1
from ivfgrade.comparison.table_text import table_text


def write_comparison(study: Study, out: Path) -> str:
    """Fill `out`; returns Table 1 as text."""
    numbers, entries, steps = table_1(study), ledger(study), ladder(study)
    text = table_text(study, numbers)
    write_json(out / "table.json", numbers)
    write_text(out / "table.csv", flat_table(numbers).to_csv(index=False))
    write_text(out / "table.md", text)
    write_json(out / "ledger.json", ledger_numbers(study, entries))
    write_text(out / "ledger.md", ledger_text(study, entries, steps))
    write_json(out / "ladder.json", steps)
    write_json(out / "stability.json", stability(study))
    return text
