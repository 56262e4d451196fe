"""Hand-crafted texture against fragmentation: GLCM with t-SNE, LBP with a perceptron (section II).

python -m pipeline.texture DATA OUT PROVENANCE
"""

from pathlib import Path

import typer

from ivfgrade.atomic import read_json
from ivfgrade.dataset.arrays import SUMMARY, load_arrays
from ivfgrade.errors import one_line
from ivfgrade.evaluation.bootstrap import Bootstrap
from ivfgrade.grading import load_scheme
from ivfgrade.inputs import guarded
from ivfgrade.params import load_params
from ivfgrade.texture.report import Setting, summary, write_report


def main(data: Path, out: Path, provenance: Path) -> None:
    with one_line(), guarded("texture", provenance):
        params = load_params()
        samples, confidence = params.evaluate.bootstrap_samples, params.evaluate.confidence
        setting = Setting(
            scheme=load_scheme(Path(params.data.grading)),
            params=params.texture,
            bootstrap=Bootstrap(samples, confidence, params.seed),
            seed=params.training_seed,
        )
        facts = {
            "data": Path(params.data.root).name,
            "data_digest": read_json(data / SUMMARY)["data_digest"],
        }
        print(summary(write_report(load_arrays(data), setting, facts, out)))


if __name__ == "__main__":
    typer.run(main)
