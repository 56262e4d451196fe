"""The whole main line on a few small embryos: every stage as dvc.yaml calls it, on real parts.

The network has few channels, and all of them where the slow tests run, too.
"""

from __future__ import annotations

import importlib
import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
import typer
from ruamel.yaml import YAML
from typer.testing import CliRunner

from ivfgrade.bundle.precisions import file_of
from ivfgrade.bundle.session import open_graph
from ivfgrade.cli import app
from ivfgrade.dataset.arrays import load_arrays
from ivfgrade.dataset.images import read_image
from ivfgrade.fragmentation.calibration import tune_threshold
from ivfgrade.fragmentation.model import AttnRegDeepLab
from ivfgrade.fragmentation.sampling import (
    FORWARD_BATCH,
    any_ratio,
    in_chunks,
    load_batch,
    load_embryos,
    load_pixels,
)
from ivfgrade.fragmentation.scoring import mean_scores
from ivfgrade.fragmentation.stored import load
from ivfgrade.inputs import declaration, interpolate
from ivfgrade.training.precision import Compute
from tests.narrow import make_narrow

PROJECT = Path(__file__).resolve().parents[1]
CPU = Compute(torch.device("cpu"), torch.float32)
FEW = {"defocus": 3, "saturation": 3, "empty": 3, "two_embryos": 3}
SMALL = {
    "precision": "fp32",
    "image": {"size": 64},
    "split": {"annotated": {"train": 0.4, "val": 0.2, "calibration": 0.2, "test": 0.2}},
    "evaluate": {"bootstrap_samples": 50, "images_per_row": 2},
    "export": {"parity_images": 3},
    "bundle": {
        "parity": {"mask_iou": 0.8, "different": 0.1},  # untrained, it has no opinion on a pixel
        "calibrants": {"good": 24, "defects": FEW},
        "variants": {"settle_images": 2, "measure_images": 3},
    },
    "assay": {"good": 12, "defects": FEW},
    "profiles": {
        "quick": {
            "pretrain_epochs": 2,
            "finetune_epochs": 2,
            "learnt_epochs": 1,
            "frozen_epochs": 1,
            "synthesize": {"paired": 22, "weak": 4, "sites": 3},
        }
    },
}

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow", "ignore::ResourceWarning")


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for key, value in changes.items():
        base[key] = merge(base[key], value) if isinstance(value, dict) else value
    return base


@pytest.fixture(scope="module", params=["narrow", pytest.param("whole", marks=pytest.mark.slow)])
def checkout(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A folder in which every stage has run once."""
    root = tmp_path_factory.mktemp("checkout")
    for name in (
        "src",
        "pipeline",
        "grading",
        "dvc.yaml",
        "experiments",
        "assay",
        "dual",
        "LICENSE",
    ):
        (root / name).symlink_to(PROJECT / name)
    yaml = YAML(typ="safe")
    params = merge(yaml.load((PROJECT / "params.yaml").read_text()), SMALL)
    with (root / "params.yaml").open("w") as file:
        yaml.dump(params, file)
    stages = interpolate(yaml.load((PROJECT / "dvc.yaml").read_text())["stages"], params)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        if request.param == "narrow":
            make_narrow(patch)
        for declared in stages.values():
            run(declared["cmd"])
        yield root
    for name in ("models", "deploy", "mlruns", ".work"):  # of the whole network some hundred MB
        shutil.rmtree(root / name)


def run(command: str) -> None:
    """`python -m pipeline.stage arguments`, in this process."""
    _, _, module, *arguments = shlex.split(command)
    app = typer.Typer()
    app.command()(importlib.import_module(module).main)
    app(arguments, standalone_mode=False)


def read(path: Path) -> Any:
    return json.loads(path.read_text())


TABLE = ["learn@B1", "learn@C", "freeze@D_literal", "judge@A", "judge@B1", "judge@C", "judge@D"]
TABLE += ["judge@D_literal"]


@pytest.fixture(scope="module")
def table(checkout: Path) -> Path:
    """The folder of some judged rows of the table."""
    params = YAML(typ="safe").load((checkout / "params.yaml").read_text())
    for stage in TABLE:
        run(declaration(stage, checkout, params)["cmd"])
    return checkout / "reports/experiments"


def test_every_declared_output_is_there(checkout: Path) -> None:
    stages = YAML(typ="safe").load((PROJECT / "dvc.yaml").read_text())["stages"]
    for declared in stages.values():
        for out in declared["outs"]:
            path = out if isinstance(out, str) else next(iter(out))
            assert (checkout / path).exists(), path


def validation(model: AttnRegDeepLab, checkout: Path) -> dict[str, float]:
    embryos = load_embryos(checkout / "data/processed", any_ratio)
    chunks = in_chunks(embryos.paired("val"), FORWARD_BATCH)
    return mean_scores(model, (load_batch(embryos, chunk) for chunk in chunks), CPU)


def test_the_stored_segmenter_scores_what_the_stage_said(checkout: Path) -> None:
    scores = validation(load(checkout / "models/pretrain")[0], checkout)
    said = read(checkout / "models/pretrain/spec.json")["validation"]
    assert said == pytest.approx(scores, abs=1e-5)
    assert said["mae"] != pytest.approx(
        pd.read_csv(checkout / "models/pretrain/history.csv")["val_mae"].iloc[-1], abs=1e-3
    )  # the coarse network that learnt scored otherwise, so this test can tell them apart


def test_the_stored_regressor_scores_what_training_saw(checkout: Path) -> None:
    scores = validation(load(checkout / "models/finetune")[0], checkout)
    best = read(checkout / "models/finetune/spec.json")["best_epoch"]
    trained = pd.read_csv(checkout / "models/finetune/history.csv").iloc[best]
    for name, score in scores.items():
        assert trained[f"val_{name}"] == pytest.approx(score, abs=1e-4), name


def test_phase_2_touched_nothing_frozen(checkout: Path) -> None:
    phase_2 = read(checkout / "reports/evaluation/metrics.json")["phase_2"]
    assert phase_2["frozen_tensors"] > 300
    assert phase_2["frozen_tensors_changed"] == 0


def test_the_exported_file_gives_the_reported_ratios(checkout: Path) -> None:
    arrays = load_arrays(checkout / "data/processed")
    reported = pd.read_csv(checkout / "reports/evaluation/per_image.csv").iloc[:3]
    names = arrays.manifest["image"].tolist()
    image, valid = load_pixels(arrays, np.array([names.index(name) for name in reported["image"]]))
    session = onnxruntime.InferenceSession(
        checkout / "models/export/model.onnx", providers=["CPUExecutionProvider"]
    )
    (ratio,) = session.run(["ratio"], {"image": image.numpy(), "valid": valid.numpy()})
    np.testing.assert_allclose(ratio, reported["reported"], atol=1e-3)  # logits kept as float16


def test_the_mask_threshold_was_tuned_and_travels_with_the_model(checkout: Path) -> None:
    arrays = load_arrays(checkout / "data/processed")
    tuned = tune_threshold(load(checkout / "models/finetune")[0], arrays, CPU)
    session = onnxruntime.InferenceSession(
        checkout / "models/export/model.onnx", providers=["CPUExecutionProvider"]
    )
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["mask_thresholds"])["fragment"] == tuned
    reported = read(checkout / "reports/evaluation/metrics.json")["test"]["mask_threshold"]
    assert reported == tuned


def test_the_bundle_proves_itself_and_answers_as_the_report_says(checkout: Path) -> None:
    verified = CliRunner().invoke(app, ["verify", "deploy/ivfgrade-D"])
    assert verified.exit_code == 0, verified.output
    reported = pd.read_csv(checkout / "reports/evaluation/per_image.csv").iloc[:4]
    session = open_graph(checkout / "deploy/ivfgrade-D/model.onnx", "cpu")
    for image, ratio in zip(reported["image"], reported["reported"], strict=True):
        pixels = read_image(checkout / "data/raw/synthetic/images" / image)
        (found,) = session.run(["ratio"], {"pixels": pixels[None]})
        np.testing.assert_allclose(found, ratio, atol=1e-3)


def test_a_bundle_holds_only_the_variants_that_may_be_used(checkout: Path) -> None:
    verdicts = read(checkout / "models/variants/variants.json")
    assert set(verdicts) == {"fp32", "fp16", "int8"}
    handed_over = {path.name for path in (checkout / "deploy/ivfgrade-D").glob("*.onnx")}
    assert handed_over == {file_of(name) for name, one in verdicts.items() if one["promoted"]}
    sizes = {name: one["measured"]["megabytes"] for name, one in verdicts.items()}
    assert sizes["fp16"] < 0.7 * sizes["fp32"]


def test_the_assay_follows_from_its_raw_answers(checkout: Path) -> None:
    params = YAML(typ="safe").load((checkout / "params.yaml").read_text())
    for stage in ("assayed", "assay"):
        run(declaration(stage, checkout, params)["cmd"])
    answers = pd.read_csv(checkout / "reports/assay/answers.csv", keep_default_na=False)
    found = read(checkout / "reports/assay/assay.json")
    good = answers[answers["defect"] == ""]
    answered = good[good["refused"] == ""]
    assert (found["good"], found["answered"]) == (12, len(answered))
    truth = answered["truth"].astype(float)
    within = (answered["ratio_low"] <= truth) & (truth <= answered["ratio_high"])
    assert found["coverage"]["value"] == pytest.approx(within.mean(), abs=1e-5)
    widths = answered["ratio_high"] - answered["ratio_low"]
    assert found["width"]["median"] == pytest.approx(widths.median(), abs=1e-5)
    trained = pd.read_csv(checkout / "data/raw/synthetic/labels.csv")["patient"]
    calibrants = pd.read_csv(checkout / "data/raw/calibrants/labels.csv")["patient"]
    assert not set(answers["patient"]) & (set(trained) | set(calibrants))


def test_the_row_is_in_mlflow_with_its_trainings(checkout: Path) -> None:
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{checkout / 'mlruns/mlflow.db'}")
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()])
    measured = read(checkout / "reports/evaluation/metrics.json")["mae_reported"]["value"]
    rows = [run for run in runs if run.data.tags["ivfgrade.kind"] == "experiment"]
    assert [run.data.metrics["test_mae_reported"] for run in rows] == [pytest.approx(measured)]
    stages = {run.data.tags.get("ivfgrade.stage") for run in runs}
    assert {"pretrain", "finetune"} <= stages


def test_a_folder_is_measured_as_it_is_without_training(checkout: Path) -> None:
    weights = (checkout / "models/finetune/weights.pt").read_bytes()
    later = (checkout / "params.yaml").read_text().replace("size: 64", "size: 96")
    (checkout / "later.yaml").write_text(later)  # the model does not follow
    command = ["evaluate", "data/raw/synthetic", "reports/elsewhere", "--params", "later.yaml"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    tested = read(checkout / "reports/elsewhere/metrics.json")["test"]
    assert tested["images"] == 26  # all of them, whatever split training put them in
    manifest = load_arrays(checkout / "data/processed").manifest
    seen = int(manifest["split"].isin(["train", "val", "calibration"]).sum())
    assert tested["seen_in_training"] == seen > 0
    assert f"warning: {seen} of the 26 images of synthetic were in the train" in done.stderr
    assert (checkout / "reports/elsewhere/contact_sheet.png").exists()
    first = pd.read_csv(checkout / "reports/evaluation/per_image.csv").set_index("image")
    again = pd.read_csv(checkout / "reports/elsewhere/per_image.csv").set_index("image")
    np.testing.assert_allclose(again.loc[first.index, "direct"], first["direct"], atol=1e-4)
    assert (checkout / "models/finetune/weights.pt").read_bytes() == weights


def test_a_folder_that_is_none_is_one_line_and_no_report(checkout: Path) -> None:
    done = CliRunner().invoke(app, ["evaluate", "data/raw/nowhere", "reports/nowhere"])
    assert done.exit_code == 1
    assert not (checkout / "reports/nowhere").exists()


def rows(table: Path, *columns: str) -> dict[str, pd.DataFrame]:
    names = sorted(folder.name for folder in table.iterdir())
    return {name: pd.read_csv(table / name / "per_image.csv")[list(columns)] for name in names}


def test_every_row_is_judged_on_the_same_images(table: Path) -> None:
    known = rows(table, "image", "patient", "ratio", "grade", "clinical_grade")
    assert set(known) == {"A", "B1", "C", "D", "D_literal"}
    assert all(known["A"].equals(other) for other in known.values())


def test_a_row_has_the_ratios_that_its_network_can_name(table: Path) -> None:
    named = {
        name: set(ratios.columns[ratios.notna().all()])
        for name, ratios in rows(table, "direct", "hard", "soft", "fused", "reported").items()
    }
    everything = {"direct", "hard", "soft", "fused", "reported"}
    assert named["A"] == everything - {"direct"}
    assert named["B1"] == {"direct", "reported"}
    assert named["C"] == named["D"] == named["D_literal"] == everything


def test_row_d_is_the_main_line(table: Path, checkout: Path) -> None:
    ours = pd.read_csv(table / "D/per_image.csv")
    theirs = pd.read_csv(checkout / "reports/evaluation/per_image.csv")
    pd.testing.assert_frame_equal(ours, theirs)


def test_regression_alone_leaves_the_outlines_where_they_were(table: Path) -> None:
    """The injection sits on the mask path only: without a mask loss it gets no gradient (S4.44)."""
    dice = {name: scores["dice"] for name, scores in rows(table, "dice", "direct").items()}
    pd.testing.assert_series_equal(dice["D_literal"], dice["A"])


@pytest.mark.slow
def test_the_papers_pair_becomes_a_bundle(table: Path, checkout: Path) -> None:
    params = YAML(typ="safe").load((checkout / "params.yaml").read_text())
    for stage in ("deployable_dual", "variants_dual", "bundle_dual"):
        run(declaration(stage, checkout, params)["cmd"])
    verified = CliRunner().invoke(app, ["verify", "deploy/ivfgrade-dual"])
    assert verified.exit_code == 0, verified.output
    about = read(checkout / "deploy/ivfgrade-dual/manifest.json")
    assert about["strategy"] == "dual"
    drawn, graded = (read(table / row / "metrics.json") for row in "AC")
    assert about["metrics"]["dice"]["value"] == drawn["dice"]["value"]
    assert about["metrics"]["mae"]["value"] == graded["mae_direct"]["value"]


def test_the_kept_outlines_are_those_that_were_judged(table: Path, checkout: Path) -> None:
    arrays = load_arrays(checkout / "data/processed")
    kept = np.load(table / "C/outlines.npz")
    images = pd.read_csv(table / "C/per_image.csv").set_index("image")
    for name, bits in zip(kept["images"], kept["fragment"], strict=True):
        index = int(np.flatnonzero(arrays.manifest["image"] == name)[0])
        mask = np.unpackbits(bits)[: arrays.size**2].reshape(arrays.size, arrays.size) > 0
        truth, inside = arrays.masks[index][..., 0] > 0, arrays.valid(index)
        if truth.any():
            score = 2 * (mask & truth & inside).sum() / ((mask & inside).sum() + truth.sum())
            assert images.loc[name, "dice"] == pytest.approx(score, abs=1e-5)
    assert kept["attention"].shape == (len(images), 16, 16)
    assert "outlines.npz" not in [path.name for path in (table / "B1").iterdir()]
