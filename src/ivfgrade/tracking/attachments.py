"""What hangs on the run of a row beside numbers: data set, pictures and tables, the ONNX model."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ivfgrade.atomic import read_json
from ivfgrade.tracking.receipt import Row

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from onnx import ModelProto

MAX_DIGEST = 36
MODEL = "model"  # its name on the model page
MODEL_DIGEST = "ivfgrade.model_md5"  # the name under which DVC's cache holds the file


def log_data(client: MlflowClient, run: Run, row: Row) -> None:
    """The data set, split as it was used; name, digest and columns, never the rows themselves."""
    from mlflow.data.pandas_dataset import from_pandas
    from mlflow.entities import DatasetInput, InputTag

    manifest = pd.read_csv(row.manifest, dtype={"image": str, "patient": str})
    root = str(row.params.get("data.root", Path(row.manifest).parent))
    data_digest = str(read_json(Path(row.summary))["data_digest"])
    inputs = []
    for context, part in _parts(manifest).items():
        name = f"{Path(root).name} · {context}"
        with warnings.catch_warnings():  # about folders and whole numbers, harmless both
            warnings.filterwarnings("ignore", "The specified dataset source")
            warnings.filterwarnings("ignore", "Hint: Inferred schema contains integer")
            dataset = from_pandas(
                part.reset_index(drop=True), root, name=name, digest=data_digest[:MAX_DIGEST]
            )
            tags = [InputTag("mlflow.data.context", context)]
            inputs.append(DatasetInput(dataset._to_mlflow_entity(), tags))
    client.log_inputs(run.info.run_id, inputs)


def log_files(client: MlflowClient, run: Run, row: Row) -> None:
    """Pictures, tables and numbers under the names that they have in the report."""
    run_id = run.info.run_id
    for entry in sorted(Path(row.evaluation).iterdir()):
        client.log_artifact(run_id, str(entry))
    if row.parity is not None:
        client.log_artifact(run_id, row.parity)
    client.log_text(run_id, json.dumps(row.params, indent=2, sort_keys=True) + "\n", "params.json")


def log_model(client: MlflowClient, run: Run, row: Row) -> None:
    """Copies the metrics that the run already has onto the model's own page."""
    if row.model is None:
        return
    import mlflow.onnx
    import onnx

    with Path(row.model).open("rb") as file:
        model_digest = hashlib.file_digest(file, "md5").hexdigest()
    attached = run.outputs is not None and run.outputs.model_outputs
    if attached and run.data.tags.get(MODEL_DIGEST) == model_digest:
        return
    proto = onnx.load(row.model)
    with mlflow.start_run(run.info.run_id):  # or the model would belong to the default experiment
        mlflow.onnx.log_model(
            proto,
            name=MODEL,
            signature=_signature(proto),
            pip_requirements=["onnxruntime", "numpy"],  # inferring would name both its builds
            onnx_execution_providers=["CPUExecutionProvider"],  # asking for CUDA prints errors
            save_as_external_data=False,  # the default can write a model without its weights
        )
    client.set_tag(run.info.run_id, MODEL_DIGEST, model_digest)


def _parts(manifest: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Training sees validation and calibration images too: all but the test split."""
    test = manifest["split"] == "test"
    return {"training": manifest[~test], "test": manifest[test]}


def _signature(proto: ModelProto) -> Any:
    import numpy as np
    import onnx
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    def specs(values: Any) -> Schema:
        tensors = [(value.name, value.type.tensor_type) for value in values]
        return Schema(
            [
                TensorSpec(
                    np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)),
                    tuple(d.dim_value or -1 for d in tensor.shape.dim),  # -1: any batch
                    name,
                )
                for name, tensor in tensors
            ]
        )

    return ModelSignature(inputs=specs(proto.graph.input), outputs=specs(proto.graph.output))
