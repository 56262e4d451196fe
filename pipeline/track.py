"""Show the finished results in MLflow; the receipt lets `ivfgrade track` do so again, or later.

python -m pipeline.track --row D ... RECEIPT
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ivfgrade.atomic import read_json
from ivfgrade.errors import one_line
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.tracking.own_params import own_params
from ivfgrade.tracking.receipt import Row, Training, write_receipt
from ivfgrade.tracking.send import send_in_passing
from ivfgrade.tracking.store import tracking_uri

Each = Annotated[list[str], typer.Option(help="once per training stage, in their order")]


def main(
    receipt: Path,
    row: Annotated[str, typer.Option(help="its name in the table of experiments")],
    provenance: Each,
    history: Each,
    evaluation: Annotated[str, typer.Option()],
    parity: Annotated[str, typer.Option()],
    model: Annotated[str, typer.Option()],
    manifest: Annotated[str, typer.Option()],
    summary: Annotated[str, typer.Option()],
) -> None:
    with one_line(), guarded("track"):
        params, root = load_params(), Path.cwd()
        flat = params.flat()
        stages = [read_json(Path(path))["stage"] for path in provenance]
        trainings = tuple(
            Training(stage, facts, epochs, own_params(stage, flat, root))
            for stage, facts, epochs in zip(stages, provenance, history, strict=True)
        )
        results = Row(
            name=row,
            experiment=params.track.experiment,
            params=flat,
            trainings=trainings,
            evaluation=evaluation,
            parity=parity,
            model=model,
            manifest=manifest,
            summary=summary,
        )
        write_receipt(receipt, results)
        trouble = send_in_passing(results, root)
        if trouble:
            where = tracking_uri(root)
            print(f"MLflow at {where} cannot be reached ({trouble}): run `ivfgrade track` later")
        else:
            print(f"row {row} is in MLflow: make ui", file=sys.stderr)


if __name__ == "__main__":
    typer.run(main)
