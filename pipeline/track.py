"""Show the finished results in MLflow; the receipt lets `ivfgrade track` do so again, or later.

python -m pipeline.track RECEIPT --row D --pretrain ... --finetune ... --results ... --data ...
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.errors import one_line
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.tracking.own_params import own_params
from ivfgrade.tracking.receipt import Row, Training, write_receipt
from ivfgrade.tracking.send import send_in_passing
from ivfgrade.tracking.store import tracking_uri

# Each names its files in the order in which the receipt holds them.
Phase = Annotated[tuple[str, str], typer.Option(metavar="PROVENANCE HISTORY")]
Results = Annotated[tuple[str, str, str], typer.Option(metavar="EVALUATION PARITY MODEL")]
Data = Annotated[tuple[str, str], typer.Option(metavar="MANIFEST SUMMARY")]


def main(
    receipt: Path,
    row: Annotated[str, typer.Option(help="its name in the table of experiments")],
    pretrain: Phase,
    finetune: Phase,
    results: Results,
    data: Data,
) -> None:
    with one_line(), guarded("track"):
        params, root = load_params(), Path.cwd()
        flat = params.flat()
        trainings = tuple(
            Training(stage, *files, own_params(stage, flat, root))
            for stage, files in {"pretrain": pretrain, "finetune": finetune}.items()
        )
        whole = Row(row, params.track.experiment, flat, trainings, *results, *data)
        write_receipt(receipt, whole)
        trouble = send_in_passing(whole, root)
        if trouble:
            where = tracking_uri(root)
            print(f"MLflow at {where} cannot be reached ({trouble}): run `ivfgrade track` later")
        else:
            print(f"row {row} is in MLflow: make ui", file=sys.stderr)


if __name__ == "__main__":
    typer.run(main)
