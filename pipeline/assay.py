"""Measure a bundle on embryos that it has never seen.

python -m pipeline.assay BUNDLE EMBRYOS OUT PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.atomic import write_json, write_text
from ivfgrade.bundle import manifest, seal
from ivfgrade.bundle.assay import assay
from ivfgrade.bundle.assay_text import told
from ivfgrade.bundle.labelled import measured_folder
from ivfgrade.bundle.session import open_graph
from ivfgrade.errors import one_line
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params


def main(bundle: Path, embryos: Path, out: Path, provenance: Path) -> None:
    with one_line(), guarded("assay", provenance) as run:
        params = load_params()
        seal.require_unbroken(bundle)
        about, scheme = manifest.read(bundle), load_scheme(Path(params.data.grading))
        by = Bootstrap(params.evaluate.bootstrap_samples, params.evaluate.confidence, params.seed)
        measured = measured_folder(open_graph(bundle / about.taken, "cpu"), embryos, scheme)
        found = assay(measured.table, scheme, about.interval, by)
        digest = seal.digest_of(bundle)
        write_text(out / "answers.csv", measured.table.to_csv(index=False, float_format="%.6g"))
        write_json(
            out / "assay.json",
            {"bundle": about.name, "digest": digest, "interval": about.interval, **found},
        )
        run.note(digest=digest)
        print(told(found))


if __name__ == "__main__":
    typer.run(main)
