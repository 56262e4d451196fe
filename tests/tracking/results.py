"""The results of one tiny row, as the stages would have left them on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ivfgrade.tracking.receipt import Row, Training

EPOCHS = 3
PARAMS = {"seed": 0, "recipe.name": "plus", "profile.name": "quick", "data.root": "data/raw/mine"}


def write_results(root: Path, dice: float = 0.5) -> Row:
    for stage in ("pretrain", "finetune"):
        put(root / f"{stage}.json", provenance(stage))
        lines = ["epoch,lr,val_dice", *(f"{e}.0,0.001,{history_value(e)}" for e in range(EPOCHS))]
        (root / f"{stage}.csv").write_text("\n".join(lines) + "\n")
    metrics = {"dice": {"value": dice, "low": 0.4, "high": 0.6}, "rules": {"dice": "mean"}}
    put(root / "evaluation/metrics.json", metrics)
    (root / "evaluation/per_image.csv").write_text("image,dice\na.png,0.5\n")
    (root / "evaluation/contact_sheet.png").write_bytes(b"picture")
    put(root / "parity.json", {"worst": 1e-6})
    put(root / "summary.json", summary())
    (root / "manifest.csv").write_text("image,patient,split\na.png,p,train\nb.png,q,test\n")
    onnx.save(tiny_network(), root / "model.onnx")
    trainings = tuple(
        Training(stage, f"{stage}.json", f"{stage}.csv", PARAMS)
        for stage in ("pretrain", "finetune")
    )
    files = ("evaluation", "parity.json", "model.onnx", "manifest.csv", "summary.json")
    return Row("D", "embryos", PARAMS, trainings, *files)


def history_value(epoch: int) -> float:
    return 0.1 * (epoch + 1)


def provenance(stage: str) -> dict[str, Any]:
    hour = {"pretrain": 10, "finetune": 11}[stage]
    return {
        "stage": stage,
        "key": f"key-of-{stage}",
        "started": f"2026-01-01T{hour}:00:00+00:00",
        "finished": f"2026-01-01T{hour}:10:00+00:00",
        "seconds": 600.0,
        "commit": "c0ffee",
        "dirty": True,
        "host": "lab",
    }


def summary() -> dict[str, Any]:
    return {
        "images": 2,
        "patients": 2,
        "images_per_split": {"test": {"paired": 1}},
        "patients_per_split": {"test": 1},
        "data_digest": "d" * 64,
    }


def tiny_network() -> onnx.ModelProto:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 2])
    ratio = helper.make_tensor_value_info("ratio", TensorProto.FLOAT, ["batch", 2])
    weight = numpy_helper.from_array(np.float32([2.0]), "weight")
    node = helper.make_node("Mul", ["image", "weight"], ["ratio"])
    graph = helper.make_graph([node], "tiny", [image], [ratio], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def put(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
