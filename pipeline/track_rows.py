"""Show every row of the table in MLflow beside the main line's, which is its row D.

python -m pipeline.track_rows RECEIPTS JUDGED TRAINED PHASE_1 MANIFEST SUMMARY
"""

import sys
from pathlib import Path

import typer

from ivfgrade.errors import one_line
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.tracking.receipt import write_receipt
from ivfgrade.tracking.send import send_in_passing
from ivfgrade.tracking.store import tracking_uri
from ivfgrade.tracking.table_rows import Sources, table_rows


def main(
    receipts: Path, judged: Path, trained: Path, phase_1: Path, manifest: str, summary: str
) -> None:
    with one_line(), guarded("track_rows"):
        params, root = load_params(), Path.cwd()
        sources = Sources(judged, trained, phase_1, (manifest, summary))
        rows = table_rows(params, sources, root)
        troubles = []
        for row in rows:
            write_receipt(receipts / f"{row.name}.json", row)
            troubles += [send_in_passing(row, root)]
        trouble = next(filter(None, troubles), None)
        if trouble:
            where = tracking_uri(root)
            print(f"MLflow at {where} cannot be reached ({trouble}): run `ivfgrade track` later")
        else:
            print(f"{len(rows)} rows: make ui", file=sys.stderr)


if __name__ == "__main__":
    typer.run(main)
